// Counts letters beside a field while typing; of a message also how many the network will send.

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€\f]*$/;
const EXTENDED = /[\^{}\\[~\]|€\f]/g;

const folded = (text) => text.replaceAll("đ", "d").replaceAll("Đ", "D").replaceAll("…", "...").normalize("NFD").replace(/\p{Mn}/gu, "");

function messagesOf(text) {
  const isGsm = GSM.test(text);
  const units = text.length + (isGsm ? (text.match(EXTENDED) ?? []).length : 0);
  const [room, piece] = isGsm ? [160, 153] : [70, 67];
  return units <= room ? Math.min(units, 1) : Math.ceil(units / piece);
}

for (const field of document.querySelectorAll("[data-count]")) {
  const output = document.createElement("output");
  output.className = "letter-count";
  output.htmlFor = field.id;
  field.after(output);
  const fold = document.getElementsByName(field.name.replace("text_", "folded_"))[0];
  const isMessage = field.dataset.count === "message";
  const say = () => {
    const text = isMessage && fold?.checked ? folded(field.value) : field.value;
    const length = [...text].length;
    output.textContent = `${length}/${field.dataset.countMax}` + (isMessage ? ` · ${messagesOf(text)} SMS` : "");
    output.classList.toggle("letter-count-over", length > Number(field.dataset.countMax));
  };
  field.addEventListener("input", say);
  fold?.addEventListener("change", say);
  say();
}
