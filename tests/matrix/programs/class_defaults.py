"""Classes whose __init__ takes its defaults, while the defaults change."""
class A:
    def __init__(self, a, b=2, *, c=3) : self.v=(a,b,c)
class B:
    def __init__(self, a, b=2, c=3) : self.v=(a,b,c)
def f():
    for i in range(40):
        x=B(i); y=B(i,1); z=A(i); w=B(1,2,3)
        if i==20: B.__init__.__defaults__=(7,)
        try: v=B(i).v
        except TypeError as e: v=str(e)
    print(x.v if hasattr(x,'v') else 0,y.v,z.v,w.v,v)
try: f()
except TypeError as e: print(e)
try: B()
except TypeError as e: print(e)
try: B(1,2,3,4)
except TypeError as e: print(e)
