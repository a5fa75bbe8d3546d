"""What came of each intent whose money came in, by the provider's own books and by what its student meant."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.chaos.banks import CURRENCY, Bank, Sale, sums
from tests.served.operations import COURSE

TIERS = {tier["code"]: tier for tier in COURSE["tiers"]}


@dataclass(frozen=True)
class Deal:
    """Captured money that was meant for a course.

    Args:
        back_minor: what went back of it in all, at most everything; a claim in another currency is of everything.
        ours_minor: what of it the gateway sent.
        promised_minor: what an admin was promised to be given back.
        is_beyond: more went back than had come in, or in a currency that says nothing of how much.
    """

    bank: Bank
    reference: str
    sale: Sale
    captured_minor: int
    back_minor: int
    ours_minor: int
    promised_minor: int
    is_excess: bool
    is_disputed: bool
    is_contested: bool

    @property
    def where(self) -> str:
        return f"{self.bank.name.value} {self.reference}"

    @property
    def key(self) -> tuple[str, str]:
        return self.bank.name.value, self.reference

    @property
    def pair(self) -> tuple[str, str]:
        return self.sale.student_id, self.sale.course_id

    @property
    def rank(self) -> int:
        return int(TIERS[self.sale.tier]["rank"])

    @property
    def is_all_back(self) -> bool:
        return self.back_minor >= self.captured_minor

    @property
    def is_sent_back(self) -> bool:
        """Whether the gateway sent money back that no admin had wanted to go: nobody's purchase."""
        return self.ours_minor > self.promised_minor


def deals_of(bank: Bank) -> Iterator[Deal]:
    back, lost, disputed, contested = bank.refunds(), bank.lost(), bank.disputed(), bank.contested()
    in_all = Counter(sums([*back, *lost]))
    ours = sums(each for each in back if each.gateway_refund_id)
    strange = {each.reference for each in lost if each.currency != CURRENCY}
    for reference, captured in bank.captured().items():
        if (sale := bank.sales.get(reference)) is None:
            continue
        yield Deal(
            bank=bank,
            reference=reference,
            sale=sale,
            captured_minor=captured,
            back_minor=captured if reference in strange else min(captured, in_all[reference]),
            ours_minor=ours.get(reference, 0),
            promised_minor=bank.own_pending.get(reference, 0),
            is_excess=reference in strange or in_all[reference] > captured,
            is_disputed=reference in disputed,
            is_contested=reference in contested,
        )
