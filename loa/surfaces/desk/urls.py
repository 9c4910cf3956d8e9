from django.urls import path

from loa.surfaces.desk import (
    answering,
    bulletins,
    days,
    devices,
    entrance,
    home,
    intake,
    ledger,
    placing,
    proofs,
    writing,
)

app_name = "desk"
urlpatterns = [
    path("", home.show, name="home"),
    path("vao/", entrance.sign_in, name="sign_in"),
    path("ra/", entrance.sign_out, name="sign_out"),
    path("dang-phat/", home.on_air, name="on_air"),
    path("ban-tin/", bulletins.show_all, name="bulletins"),
    path("ban-tin/moi/", intake.begin, name="new_bulletin"),
    path("ban-tin/<slug:code>/", bulletins.show, name="bulletin"),
    path("ban-tin/<slug:code>/ban-nhap/", writing.save_draft, name="draft"),
    path("ban-tin/<slug:code>/se-doc/", writing.show_spoken, name="spoken"),
    path("ban-tin/<slug:code>/ban-thu/", writing.show_sound, name="sound"),
    path("ban-tin/<slug:code>/cach-doc/", writing.answer_reading, name="reading"),
    path("ban-tin/<slug:code>/rut-lai/", writing.withdraw, name="withdrawal"),
    path("ban-tin/<slug:code>/xep-lich/", placing.place, name="placement"),
    path("duyet/<int:number>/", answering.approve, name="approval"),
    path("duyet/<int:number>/tra-lai/", answering.send_back, name="return"),
    path("xac-nhan/<uuid:placement_id>/", placing.confirm, name="confirmation"),
    path("dung/<uuid:placement_id>/", placing.stop, name="recall"),
    path("lich/", days.show, name="schedule"),
    path("thiet-bi/", devices.show_all, name="devices"),
    path("thiet-bi/<slug:code>/", devices.show, name="device"),
    path("bang-chung/", proofs.show_all, name="proofs"),
    path("bang-chung/<slug:code>/", proofs.show, name="proof"),
    path("bang-chung/<slug:code>/du-lieu/", proofs.download, name="proof_data"),
    path("so-su-viec/", ledger.show, name="ledger"),
]
