"""Telling one device to do something at once, and seeing what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.deliveries.commands import command_device, latest_commands
from loa.flow.deliveries.models import DeviceCommand
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.people.errors import DeedRefused
from loa.surfaces.desk.command_words import OBJECTIONS, STATES, command_words
from loa.surfaces.desk.device_access import tended_device
from loa.surfaces.desk.page import StaffRequest, staff_page
from loa.wire.commands import Verb


class CommandForm(forms.Form):
    """What to tell, and what that needs."""

    verb = forms.ChoiceField(choices=[(verb.value, verb.value) for verb in Verb])
    percent = forms.IntegerField(
        label=gettext_lazy("Âm lượng (%)"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 5}),
    )
    muted = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(
        label=gettext_lazy("Phát cả trong giờ yên tĩnh, tôi chịu trách nhiệm"), required=False
    )


@dataclass(frozen=True)
class CommandShown:
    """One command in words."""

    command: DeviceCommand
    words: str
    tone: str
    state: str
    note: str


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def command(request: StaffRequest, code: str) -> HttpResponseBase:
    """Tell a device something; a GET answers with what became of the last commands."""
    device = tended_device(request.user, code)
    if request.method != "POST":
        part = render(request, "desk/parts/device_commands.html", commands_of(device))
        part.headers["Cache-Control"] = "no-store"
        return part
    form = CommandForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            command_device(device, Verb(given.pop("verb")), by=request.user, **given)
        except DeedRefused as refused:
            messages.error(request, str(refused))
    else:
        messages.error(request, _("Không hiểu lệnh này. Âm lượng là một số từ 0 đến 100."))
    return redirect(f"{reverse('desk:device', args=[code])}#commands")


def commands_of(device: Device) -> dict[str, Any]:
    """Return what the list of a device's commands shows; it asks again sooner while one waits."""
    shown = [_shown(one) for one in latest_commands(device)]
    return {
        "device": device,
        "commands": shown,
        "seconds": 2 if any(one.tone == "waiting" for one in shown) else 15,
    }


def _shown(one: DeviceCommand) -> CommandShown:
    tone, state = STATES[one.state_at(clock.now())]
    note = str(OBJECTIONS.get(one.reason, one.reason)) if one.reason else ""
    return CommandShown(one, command_words(one.verb, one.args), tone, str(state), note)
