import { cut, type Document, sentence } from './document.ts'

/** GSM 03.38: a letter of the first takes one septet, of the second two; any other makes the whole message one of UTF-16 units. */
const BASIC =
  /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/u
const EXTENDED = /[\^{}\\[~\]|€]/g

/** Parts that a message is sent in; each is paid for. A part of several holds 153 septets, or 67 UTF-16 units. */
const PARTS = 3

/** Letters that would make a message of GSM's alphabet one of UTF-16, and say nothing more than these. */
const PLAINER: Record<string, string> = { '…': '...', '“': '"', '”': '"', '×': 'x', '–': '-' }

const fits = (text: string): boolean =>
  BASIC.test(text)
    ? text.length + (text.match(EXTENDED)?.length ?? 0) <= PARTS * 153
    : text.length <= PARTS * 67

const REST = 'Cut; "xenkeep notifications" has all of it.'

/** For text messages: the subject, and what to do as far as it fits in three parts; it says where it was cut. */
export const shortText = ({ subject, advice }: Document): string => {
  const [first] = advice
  const whole = plainer(`XenKeep: ${[sentence(subject), ...(first ? [first] : [])].join(' ')}`)
  if (fits(whole)) return whole
  for (let length = subject.length; length > 0; length -= 10) {
    const text = plainer(`XenKeep: ${sentence(cut(subject, length))} ${REST}`)
    if (fits(text)) return text
  }
  return `XenKeep: ${REST}`
}

const plainer = (text: string): string => text.replace(/[…“”×–]/g, sign => PLAINER[sign] ?? sign)
