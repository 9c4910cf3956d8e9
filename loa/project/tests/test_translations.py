from babel.messages.catalog import Catalog

from loa.project.translations import collect, complaints, merge, mo_bytes, po_bytes, read_catalogue

PAGE = """{% load i18n %}
  <p>{% translate "Chào bạn" %}</p>
    {% blocktranslate count n=x %}{{ n }} cụm loa{% plural %}{{ n }} cụm loa{% endblocktranslate %}
 it's {% translate "Mở" context "cửa" %}
"""
CODE = 'from x import gettext as _\nTEXT = _("Đã lưu %(time)s")\n'


def tree(folder):
    (folder / "desk" / "templates").mkdir(parents=True)
    (folder / "desk" / "templates" / "a.html").write_text(PAGE)
    (folder / "desk" / "a.py").write_text(CODE)
    (folder / "desk" / "tests").mkdir()
    (folder / "desk" / "tests" / "test_a.py").write_text('_("không lấy")')
    return collect(folder)


def whole(texts):
    catalogue = merge(Catalog(locale="en"), texts)
    for message in catalogue:
        if message.id:
            message.string = message.id
    return catalogue


def test_texts_of_templates_and_code_are_found_and_tests_left_out(tmp_path):
    texts = tree(tmp_path)
    assert {(t.msgid, t.context) for t in texts} == {
        ("Chào bạn", None),
        (("%(n)s cụm loa", "%(n)s cụm loa"), None),
        ("Mở", "cửa"),
        ("Đã lưu %(time)s", None),
    }


def test_a_whole_catalogue_has_no_complaints(tmp_path):
    texts = tree(tmp_path)
    catalogue = whole(texts)
    assert complaints(catalogue, texts, mo_bytes(catalogue)) == []


def test_missing_fuzzy_and_broken_texts_and_an_old_file_are_named(tmp_path):
    texts = tree(tmp_path)
    catalogue = whole(texts)
    catalogue.get("Chào bạn").string = ""
    catalogue.get("Mở", context="cửa").flags.add("fuzzy")
    catalogue.get("Đã lưu %(time)s").string = "Saved %(hour)s"
    wrong = "\n".join(complaints(catalogue, texts, b""))
    assert "no English text: 'Chào bạn'" in wrong
    assert "marked fuzzy: 'Mở'" in wrong
    assert "'Đã lưu %(time)s'" in wrong
    assert "--compile" in wrong


def test_writing_twice_gives_the_same_bytes_and_keeps_translations(tmp_path):
    texts = tree(tmp_path)
    catalogue = whole(texts)
    catalogue.get("Chào bạn").string = "Hello"
    path = tmp_path / "django.po"
    path.write_bytes(po_bytes(catalogue))
    again = merge(read_catalogue(path), texts)
    assert po_bytes(again) == path.read_bytes()
    assert again.get("Chào bạn").string == "Hello"
    assert mo_bytes(again) == mo_bytes(read_catalogue(path))
