"""The form a bulletin is written in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loa.flow.newsroom.models import Bulletin, InfoClass, Priority, ThirdPartyKind
from loa.flow.newsroom.ports import voices
from loa.flow.newsroom.rules import BODY_CHARACTERS_MAX
from loa.flow.newsroom.third_party import Fact
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import children_in_order, places_by_code
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.third_party_words import FACT_WORDS

# What each priority means by Thông tư 39/2020/TT-BTTTT, beside its word.
PRIORITY_HINTS = {
    Priority.NORMAL: _("Phát theo lịch của địa phương."),
    Priority.PRIORITY: _("Phát trước các bản tin thường trong chương trình."),
    Priority.EMERGENCY: _("Phát ngay, kể cả giờ yên tĩnh. Chỉ dùng khi có nguy hiểm."),
}
MOMENT_FORMAT = "%Y-%m-%dT%H:%M"
# Names of the deeds' fields where the form's own differ.
FIELD_OF = {"speed": "speed_percent"}


class MomentField(forms.DateTimeField):
    """A day and an hour by the city's clock, typed with the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format=MOMENT_FORMAT, attrs={"type": "datetime-local"})
        errors = {"required": _("Hãy chọn ngày và giờ."), "invalid": _("Ngày giờ không hợp lệ.")}
        super().__init__(
            widget=widget, input_formats=[MOMENT_FORMAT], error_messages=errors, **kwargs
        )


class BulletinForm(forms.Form):
    """All an author decides; what is wrong with it is said by the deed itself."""

    title = forms.CharField(
        label=_("Tiêu đề"),
        max_length=300,
        error_messages={
            "required": _("Bản tin cần một tiêu đề."),
            "max_length": _("Tiêu đề dài quá 300 chữ. Hãy rút gọn."),
        },
    )
    body = forms.CharField(
        label=_("Nội dung"),
        required=False,
        strip=False,
        max_length=BODY_CHARACTERS_MAX,
        error_messages={"max_length": _("Nội dung quá dài để đọc trên loa. Hãy rút gọn.")},
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )
    targets = forms.MultipleChoiceField(
        label=_("Phát tới"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Hãy chọn ít nhất một nơi để phát.")},
    )
    priority = forms.ChoiceField(
        label=_("Mức ưu tiên"), choices=Priority.choices, widget=forms.RadioSelect
    )
    info_class = forms.ChoiceField(
        label=_("Loại thông tin thiết yếu"),
        choices=InfoClass.choices,
        help_text=_("Theo Điều 6 Nghị định 49/2024/NĐ-CP."),
    )
    third_party = forms.ChoiceField(
        label=_("Loại thông báo hộ"),
        required=False,
        choices=[("", _("Không, đây là tin của chính quyền")), *ThirdPartyKind.choices],
        help_text=_("Chỉ các loại này được phát hộ; không quảng cáo hàng hóa."),
    )
    valid_from = MomentField(label=_("Hiệu lực từ"))
    valid_until = MomentField(label=_("Hiệu lực đến"))
    voice = forms.ChoiceField(label=_("Giọng đọc"))
    speed_percent = forms.IntegerField(
        label=_("Tốc độ đọc (%)"),
        min_value=70,
        max_value=150,
        widget=forms.NumberInput(attrs={"step": 5, "inputmode": "numeric"}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, bulletin: Bulletin, person: Person, data: Any = None) -> None:
        super().__init__(data, initial=_initial(bulletin))
        for fact, words in FACT_WORDS.items():
            self.fields[_fact(fact)] = forms.CharField(
                label=str(words).capitalize(),
                required=False,
                max_length=300,
                initial=bulletin.third_party_facts.get(fact, ""),
            )
        self._set_choices("targets", target_choices(bulletin, person))
        self._set_choices("voice", _voice_choices(bulletin))

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def deed_fields(self) -> dict[str, Any]:
        """Return what was typed as `edit_bulletin` takes it."""
        given = dict(self.cleaned_data)
        given["targets"] = places_by_code(given["targets"])
        given["third_party_facts"] = {fact: given.pop(_fact(fact)) for fact in FACT_WORDS}
        return given

    def third_party_fields(self) -> list[forms.BoundField]:
        """Return the fields of what a notice must say of somebody else."""
        return [self[_fact(fact)] for fact in FACT_WORDS]

    def say_refused(self, refused: DeedRefused) -> None:
        """Put the words of a refusal beside the field they belong to."""
        say_refused(self, refused, names=FIELD_OF)


def _fact(fact: Fact) -> str:
    return f"other_{fact}"


def _voice_choices(bulletin: Bulletin) -> list[tuple[str, str]]:
    found = [(voice.id, voice.title) for voice in voices().all()]
    if bulletin.voice not in dict(found):
        missing = _("%(voice)s (hiện không có)") % {"voice": bulletin.voice}
        found.append((bulletin.voice, missing))
    return found


def _initial(bulletin: Bulletin) -> dict[str, Any]:
    names = ("title", "body", "priority", "info_class", "valid_from", "valid_until", "third_party")

    values = {name: getattr(bulletin, name) for name in names}
    return {
        **values,
        "voice": bulletin.voice,
        "speed_percent": bulletin.speed_percent,
        "revision": bulletin.revision,
        "targets": [place.code for place in bulletin.targets.all()],
    }


def target_choices(bulletin: Bulletin, person: Person) -> list[tuple[str, str]]:
    """Return where this may sound: the bulletin's own place first, then what lies below it."""
    mine = person.places_with(Deed.WRITE)
    below = [place for place in children_in_order(bulletin.place) if place.code in mine]
    chosen = [place for place in bulletin.targets.all() if place.code in mine]
    rows = {place.code: place for place in (bulletin.place, *below, *chosen)}
    return [(code, _whole(place, bulletin.place)) for code, place in rows.items()]


def _whole(place: Place, own: Place) -> str:
    if place == own and place.kind != Place.Kind.VILLAGE:
        return str(_("Toàn %(place)s")) % {
            "place": place.full_name[:1].lower() + place.full_name[1:]
        }
    return place.full_name


class ReadingForm(forms.Form):
    """An answer to "đọc là…"."""

    written = forms.CharField(max_length=64, widget=forms.HiddenInput)
    spoken = forms.CharField(
        label=_("đọc là"),
        max_length=200,
        error_messages={"required": _("Hãy gõ cách đọc, ví dụ: ủy ban nhân dân.")},
    )
    where = forms.CharField(max_length=16, required=False)


class ReasonForm(forms.Form):
    """One line that says why."""

    reason = forms.CharField(
        label=_("Lý do"),
        max_length=500,
        help_text=_("Một dòng, để người nhận biết cần sửa gì."),
        error_messages={"required": _("Hãy ghi một dòng lý do.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
