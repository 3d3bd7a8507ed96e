import { FACILITIES, type SyslogTarget } from '#core/contracts/channels.ts'
import type { GatewayMessage } from '#core/contracts/channels-api.ts'

/** RFC 5424, table 2. */
const SEVERITIES: Record<GatewayMessage['severity'], number> = {
  critical: 2,
  error: 3,
  warning: 4,
  info: 6,
}

/**
 * Octets of a message. UDP: what a receiver should take (RFC 5426, section 3.2), and what a network carries in few parts. TCP and TLS: what one should take
 * (RFC 5425, section 4.3.1: 8,192), less what rsyslog 8 cuts off unless told otherwise: it ends at 8,096.
 */
const LIMITS: Record<SyslogTarget['transport'], number> = { udp: 2_048, tcp: 8_000, tls: 8_000 }

/** Ours within structured data. 32473 stands for "an example" (RFC 5612): we have no number of our own. */
const SD_ID = 'xenkeep@32473'

/** Of a header field: printable US-ASCII without space, `-` for nothing. */
const field = (text: string, max: number): string =>
  text.replace(/[^\x21-\x7e]/g, '_').slice(0, max) || '-'

/** RFC 5424, section 6.3.3: three characters are escaped, and line ends would be legal but break what reads line by line. */
const parameter = (name: string, value: string): string =>
  ` ${name}="${value.replace(/[\p{Cc}]/gu, ' ').replace(/["\\\]]/g, '\\$&')}"`

/**
 * One message as RFC 5424 has it, without framing.
 * @param host name of this machine
 */
export const syslogMessage = (
  { to, at, kind, severity, line, fields, eventId }: GatewayMessage & { to: SyslogTarget },
  host: string,
): Buffer => {
  const priority = FACILITIES[to.facility] * 8 + SEVERITIES[severity]
  const header = [
    `<${priority}>1`,
    new Date(at).toISOString(),
    field(host, 255),
    'xenkeep',
    '-',
    field(kind, 32),
  ].join(' ')
  const limit = LIMITS[to.transport]
  // The words come first: fields fill at most half of what there is.
  const data = dataOf({ eventId, kind, severity, ...fields }, limit / 2)
  const head = Buffer.from(`${header} ${data} `)
  return Buffer.concat([head, textOf(line, limit - head.length)])
}

const dataOf = (fields: Record<string, string>, limit: number): string => {
  let data = `[${SD_ID}`
  for (const [name, value] of Object.entries(fields)) {
    const next = parameter(name, value)
    if (Buffer.byteLength(data) + Buffer.byteLength(next) + 1 <= limit) data += next
  }
  return `${data}]`
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** Text that is not pure ASCII bears the mark of UTF-8 (section 6.4); too long a text ends in "..." and never within a character. */
const textOf = (line: string, limit: number): Buffer => {
  const isAscii = /^[\x20-\x7e]*$/.test(line)
  const text = isAscii ? Buffer.from(line) : Buffer.concat([BOM, Buffer.from(line)])
  if (text.length <= limit) return text
  let end = Math.max(0, limit - 3)
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--
  return Buffer.concat([text.subarray(0, end), Buffer.from('...')])
}

/** RFC 6587, section 3.4.1 and RFC 5425, section 4.3: the length in octets goes before, so that any text is one message. */
export const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${message.length} `), message])
