"""Staff come in from a table, all or none."""

from __future__ import annotations

import pytest

from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.registry.people.colleagues import free_username, username_of
from loa.registry.people.models import Mandate, Person
from loa.registry.people.queries import person_by_username
from loa.registry.people.rules import Deed
from loa.registry.people.staff_import import TableRefused, import_staff

pytestmark = pytest.mark.usefixtures("cast", "morning")
HEAD = "Họ tên;Chức danh;Điện thoại;Vai trò;Địa bàn;Số quyết định;Từ ngày;Đến ngày\n"
BE = "Nguyễn Thị Bé;Phát thanh viên;0905 123 456;biên tập viên xã, phường;Phường Hải Châu;45/QĐ;01-12-2026;31/12/2027\n"
TAM = "Lê Văn Tám;;;village_head;Thôn 1, xã hoà vang;46/QĐ;2026-12-01;\n"


def test_everybody_of_a_table_comes_in_with_a_mandate_and_again_changes_nothing() -> None:
    for _ in range(2):
        entered = import_staff("\ufeff" + HEAD + BE + "\n" + TAM)
    assert [(m.person.username, m.role_id, m.place_id) for m in entered] == [
        ("be-nt", "commune_editor", HAI_CHAU),
        ("tam-lv", "village_head", f"{HOA_VANG}-01"),
    ]
    assert Mandate.objects.filter(person__username="be-nt").count() == 1
    assert not person_by_username("be-nt").may_anywhere(Deed.WRITE)  # not before December


def test_one_wrong_row_leaves_nothing_and_every_fault_is_said() -> None:
    wrong = (
        HEAD
        + BE
        + ";;;village_head;Thôn 1;46/QĐ;01-12-2026;\n"
        + "Trần Ba;;;thầy cúng;Phường Hải Châu;46/QĐ;01-12-2026;\n"
        + "Trần Tư;;;village_head;Xã Không Có;46/QĐ;01-12-2026;\n"
        + "Trần Năm;;;commune_editor;Hải Châu;46/QĐ;32-12-2026;\n"
        + "Trần Sáu;;12;commune_editor;Hải Châu;46/QĐ;01-12-2026;\n"
        + "Trần Bảy;;;city_leader;Hải Châu;46/QĐ;01-12-2026;\n"
    )
    with pytest.raises(TableRefused) as refused:
        import_staff(wrong)
    said = {fault.line: fault.words for fault in refused.value.faults}
    assert sorted(said) == [3, 4, 5, 6, 7, 8]
    assert "Không có vai trò “thầy cúng”." in said[4]
    assert "Không có địa bàn “Xã Không Có”." in said[5]
    assert "Không hiểu ngày “32-12-2026”" in said[6]
    assert "Số điện thoại" in said[7]
    assert "không giao được ở Phường Hải Châu" in said[8]
    assert not Person.objects.filter(full_name="Nguyễn Thị Bé").exists()


def test_a_manager_brings_in_her_own_people_only() -> None:
    by = person_by_username("hoa")
    assert len(import_staff(HEAD + BE, by=by)) == 1
    with pytest.raises(TableRefused, match="không quyết định về vai trò này"):
        import_staff(HEAD + TAM, by=by)


def test_a_table_without_its_columns_is_refused_whole() -> None:
    with pytest.raises(TableRefused, match="Thiếu cột: vai_tro, dia_ban"):
        import_staff("ho_ten,so_quyet_dinh,tu_ngay\nA,1,01-12-2026\n")


def test_a_sign_in_name_is_made_of_the_name() -> None:
    assert username_of("Lê Thị Mai") == "mai-lt"
    assert username_of("Đỗ  Minh-Tâm") == "tam-dm"
    assert free_username("Y") == "y-1"
    assert free_username("Lê Thị Mai", {"mai-lt"}) == "mai-lt-2"
