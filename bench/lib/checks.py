"""A measured figure beside its goal, outside the speed shapes."""
from dataclasses import dataclass

HEADINGS = ("check", "target", "figure", "unit", "goal", "verdict")


@dataclass(frozen=True)
class Check:
    name: str
    target: str
    figure: float
    unit: str
    goal: float = None  # at most; None: for comparison only

    @property
    def verdict(self):
        if self.goal is None:
            return "-"
        return "holds" if self.figure <= self.goal else "FAILS"

    def row(self):
        goal = "-" if self.goal is None else f"<= {self.goal:,g}"
        figure = f"{self.figure:,.0f}" if self.figure >= 1000 else f"{self.figure:.2f}"
        return (self.name, self.target, figure, self.unit, goal, self.verdict)


def goal_of(target, goal):
    """Goals are perigee's; the peers are measured beside it."""
    return goal if target.name == "perigee" else None
