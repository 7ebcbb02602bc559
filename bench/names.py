"""Invented names in many scripts, drawn with a fixed seed: what lists sort and search must cope with."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final

RARE: Final = "Oppenhoff"
RARE_SHARE: Final = 0.0002
COMMON: Final = "Kowalczyk"
COMMON_SHARE: Final = 0.01

# (how often of 100, first names, family names). Latin family names are also made from stems and endings, so that there are many.
_SCRIPTS: Final[tuple[tuple[int, str, str], ...]] = (
    (52, "Anna Maria Emma Lena Mia Sofia Clara Paul Noah Liam Jonas Lucas Oscar Hugo Felix Zoé Noël Renée José Íñigo Chloë", ""),
    (8, "Łukasz Żaneta Zofia Jiří Šárka Đorđe Živa Gábor Ágnes Ștefan", "Wiśniewski Dąbrowska Dvořák Černá Đurić Horváth Nagyné Ionescu"),
    (6, "Søren Åse Øystein Þóra Jón Märta Päivi", "Østby Sørensen Åkerlund Þorsteinsdóttir Hämäläinen Nyström Bjørnstad"),
    (4, "İbrahim Şule Çağla Gökhan Işıl", "Yıldırım Öztürk Şahin Güneş Çelik Kılıç"),
    (4, "Minh Hương Thảo Đức Ngọc", "Nguyễn Trần Phạm Huỳnh Đặng Võ"),
    (6, "Ελένη Γιώργος Δήμητρα Νίκος Αγγελική", "Παπαδόπουλος Γεωργίου Νικολαΐδης Οικονόμου Αλεξίου"),
    (7, "Ольга Дмитрий Ксенія Їржі Андрей Светлана", "Иванова Кузнецов Шевченко Петрова Ковальчук Соловьёв"),
    (3, "אברהם נועה יעל דוד מרים", "כהן לוי מזרחי ביטון פרץ"),
    (4, "محمد فاطمة ليلى يوسف سارة", "الحسن خليل منصور حداد الزهراني"),
    (3, "王 李 张 陈 刘", "小明 美玲 伟 芳 建国 雪"),
    (2, "さくら はると ゆい そうた", "佐藤 鈴木 高橋 たなか ワタナベ"),
    (1, "민준 서연 지우 하은", "김 이 박 최 정"),
)
_STEMS: Final = "Acker Berg Brand Crow Dale Eber Fair Gold Hart Holm Kess Lang Mar Neu Olden Park Quin Ros Stein Thorn Ul Vander Wald"
_ENDINGS: Final = "mann feld berg ley son wood ridge man hof sen ton bach stein ford well dale holt croft mer ner"
_LATIN: Final = [stem + ending for stem in _STEMS.split() for ending in _ENDINGS.split()]
_FIRSTS: Final = [first.split() for _share, first, _last in _SCRIPTS]
_LASTS: Final = [last.split() or _LATIN for _share, _first, last in _SCRIPTS]
_SHARES: Final = [share for share, _first, _last in _SCRIPTS]
_UP_TO: Final = list(accumulate(_SHARES))


class Names:
    """An endless, repeatable supply of (first name, family name)."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def take(self, count: int) -> list[tuple[str, str]]:
        """Names of patients: RARE and COMMON family names in their shares, on Latin first names."""
        names = self.each()
        return [next(names) for _ in range(count)]

    def each(self) -> Iterator[tuple[str, str]]:
        """The same, one at a time and without end."""
        scripts = range(len(_SCRIPTS))
        while True:
            yield self._one(self._random.choices(scripts, cum_weights=_UP_TO)[0])

    def _one(self, script: int) -> tuple[str, str]:
        draw = self._random.random()
        first = self._random.choice(_FIRSTS[script])
        if draw < RARE_SHARE + COMMON_SHARE:
            return self._random.choice(_FIRSTS[0]), RARE if draw < RARE_SHARE else COMMON
        return first, self._random.choice(_LASTS[script])

    def clinicians(self, count: int) -> list[tuple[str, str]]:
        """Names of clinicians; none of them is RARE or COMMON, so that a search finds patients alone."""
        return [(self._random.choice(_FIRSTS[script]), self._random.choice(_LASTS[script])) for script in
                self._random.choices(range(len(_SCRIPTS)), _SHARES, k=count)]  # fmt: skip
