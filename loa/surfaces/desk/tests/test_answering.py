import pytest

from loa.flow.approvals.models import Approval, Return

pytestmark = pytest.mark.django_db


def answer(browser, submission, **given):
    given.setdefault("content_hash", submission.content_hash)
    return browser.post(f"/ban/duyet/{submission.pk}/", given, follow=True)


def test_the_second_person_reads_hears_and_answers(desk, submit, morning) -> None:
    submission, browser = submit(), desk("hung")
    page = browser.get(f"/ban/duyet/{submission.pk}/").content.decode()
    assert submission.rendition.spoken_text.splitlines()[0] in page
    assert submission.rendition.opus_id in page
    assert "Đã duyệt" in answer(browser, submission, has_read="yes").content.decode()
    assert Approval.objects.get().approver.username == "hung"


def test_nobody_answers_unread_and_unheard(desk, submit, morning) -> None:
    refused = answer(desk("hung"), submit())
    assert refused.status_code == 422
    assert "Hãy nghe hết bản thu" in refused.content.decode()
    assert not Approval.objects.exists()


def test_the_author_is_told_that_another_answers(desk, submit, morning) -> None:
    submission, browser = submit(), desk("mai")
    page = browser.get(f"/ban/duyet/{submission.pk}/").content.decode()
    assert "Người thứ hai sẽ trả lời" in page
    assert "data-gate-button" not in page
    refused = answer(browser, submission, has_read="yes")
    assert "Bạn chưa được giao quyền làm việc này" in refused.content.decode()
    assert not Approval.objects.exists()


def test_what_changed_since_it_was_read_must_be_read_again(desk, submit, morning) -> None:
    refused = answer(desk("hung"), submit(), has_heard="yes", content_hash="0" * 64)
    assert "Nội dung đã khác với bản bạn vừa đọc" in refused.content.decode()


def test_after_an_answer_the_next_one_waits_on_the_screen(desk, submit, morning) -> None:
    first, second = submit("Tin thứ nhất"), submit("Tin thứ hai")
    page = answer(desk("hung"), first, has_heard="yes").content.decode()
    assert 'data-listen-gate="nghe"' in page
    assert second.content_hash in page


def test_sending_back_asks_for_one_line(desk, submit, morning) -> None:
    submission, browser = submit(), desk("hung")
    address = f"/ban/duyet/{submission.pk}/tra-lai/"
    empty = browser.post(address, {"reason": "  "})
    assert empty.status_code == 422
    assert "Hãy ghi một dòng lý do" in empty.content.decode()
    browser.post(address, {"reason": "Sai tên trạm y tế"})
    assert Return.objects.get().reason == "Sai tên trạm y tế"


def test_an_answered_submission_leads_to_its_bulletin(desk, submit, morning) -> None:
    submission, browser = submit(), desk("hung")
    answer(browser, submission, has_read="yes")
    again = browser.get(f"/ban/duyet/{submission.pk}/")
    assert again.url == f"/ban/ban-tin/{submission.bulletin.code}/"
