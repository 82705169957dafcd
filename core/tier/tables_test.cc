// The tables of metrics and tunables, and the helpers that come with them.
#include <cctype>
#include <set>
#include <string>

#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

TEST(MetricsTest, EachHasAUniqueNameAndHelp) {
  std::set<std::string> names;
  for (const pyvm_metric& metric : CurrentMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_GT(std::string(metric.help).size(), 5u) << metric.name;
    EXPECT_NE(*metric.unit, '\0') << metric.name;
    for (const char* c = metric.name; *c != '\0'; ++c) {
      EXPECT_TRUE(islower(*c) || isdigit(*c) || *c == '.' || *c == '_')
          << metric.name;
    }
  }
  EXPECT_GT(names.size(), 10u);
}

TEST(MetricsTest, EachPeakBelongsToAGauge) {
  for (const pyvm_metric& metric : CurrentMetrics()) {
    std::string name = metric.name;
    if (!name.ends_with(".peak")) continue;
    EXPECT_EQ(std::string(metric.kind), "high-water");
    EXPECT_NE(FindMetric(name.substr(0, name.size() - 5).c_str()), nullptr)
        << name;
  }
}

TEST(MetricsTest, CountsAndFinds) {
  ++metrics.deopts;
  EXPECT_EQ(*FindMetric("deopts"), 1u);
  EXPECT_EQ(FindMetric("no such"), nullptr);
  for (const pyvm_metric& metric : CurrentMetrics()) {
    if (std::string(metric.name) == "peak_rss")
      EXPECT_GT(metric.value, 100'000u);
  }
}

TEST(MetricsTest, GaugesKeepTheirPeak) {
  uint64_t gauge = 0, peak = 0;
  AdjustGauge(gauge, peak, 10);
  AdjustGauge(gauge, peak, -4);
  AdjustGauge(gauge, peak, 3);
  EXPECT_EQ(gauge, 9u);
  EXPECT_EQ(peak, 10u);
}

TEST(MetricsTest, HostFramesHaveReasons) {
  CountHostFrame("traced");
  CountHostFrame("traced");
  CountHostFrame("other");
  EXPECT_EQ(metrics.host_frames, 3u);
  ASSERT_EQ(HostFrameReasons().size(), 2u);
  EXPECT_EQ(HostFrameReasons()[0].count, 2u);
}

TEST(TunablesTest, EachIsCompleteAndHasItsDefault) {
  std::set<std::string> names;
  for (int i = 0; i < kNumTunables; ++i) {
    const Tunable& row = kTunables[i];
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(*row.help, '\0') << row.name;
    EXPECT_NE(*row.unit, '\0') << row.name;
    EXPECT_LE(row.min, row.default_value) << row.name;
    EXPECT_GE(row.max, row.default_value) << row.name;
    EXPECT_EQ(options.*row.field, row.default_value) << row.name;
  }
}

TEST(GlobTest, Matches) {
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("f*o", "foo"));
  EXPECT_TRUE(MatchesGlob("*.run*", "Worker.run_all"));
  EXPECT_TRUE(MatchesGlob("f?", "fx"));
  EXPECT_FALSE(MatchesGlob("f?", "f"));
  EXPECT_FALSE(MatchesGlob("f", "fx"));
  EXPECT_FALSE(MatchesGlob(nullptr, "f"));
}

}  // namespace
}  // namespace pyvm
