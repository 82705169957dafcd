"""min, max, abs, int and float of numbers; bools in sums."""
import math
def f(n):
    out=[]
    s=0
    for i in range(n):
        a=i%7-3; b=i%5; c=i%11-5
        s+=min(a,b,c)*3+max(c,b)+abs(a)+abs(c-0.5)+int(a/2)+float(b)+(a!=b)-(c>b)
        s+=min(a+0.5,b*1.0)+max(1.5,c*0.25,b*0.5)
        x=min(a,b,c) is a
        s+=x+True
        if i==n-1: out.append((min(True,a),max(a,1.5),min(1,1.0),max(float('nan'),1.0),max(1.0,float('nan'))))
    return s,out
for k in (3,100,2000,2000,50000): print(f(k))
def g(v):
    t=0
    for x in v:
        t=t+int(x)
    return t
for v in ([1.5,-2.7]*500,[1e30,2.5]*500,["12",3]*200,[True,2]*300): print(g(v),g(v),g(v))
try: g([float('nan')]*3)
except ValueError as e: print(e)
try: g([float('inf')]*3)
except OverflowError as e: print(e)
def h(v):
    r=[]
    for x in v: r.append(abs(x))
    return sum(r)
for v in ([-2**63,2**63-1]*300,[-1.5,2.0]*300,[-3]*300,[True,-1]*300): print(h(v),h(v))
