import { isIPv6 } from 'node:net'
import snmp from 'net-snmp'
import type { SnmpTarget } from '#core/contracts/channels.ts'
import type { GatewayMessage } from '#core/contracts/channels-api.ts'
import { cutBytes } from '#core/notifications/text/document.ts'
import type { Secrets } from '#core/ports.ts'

/**
 * The arc of the documentation (RFC 5612), since we have no number of our own: right for an example and for a network of one's own, and what a later number
 * would replace. docs/notifications.md has the table.
 */
export const ARC = '1.3.6.1.4.1.32473.1'

/** The last number of each notification's OID, below `ARC.0`. Never given anew. */
const KINDS: Record<string, number> = {
  'run-succeeded': 1,
  'run-warning': 2,
  'run-failed': 3,
  'schedule-missed': 4,
  'gateway-silent': 5,
  'gateway-back': 6,
  'vm-unprotected': 7,
  'damage-found': 8,
  'restore-approval-asked': 9,
  'region-taken-over': 10,
  'daily-report': 11,
  'channel-test': 12,
  summary: 13,
  'unusual-change': 14,
}
const OTHER = 99

/** Bytes of a text: a trap is one datagram, and 1,472 bytes are one packet of Ethernet. */
const TEXT = 700

const varbindsOf = ({ eventId, kind, severity, subject, line, at }: GatewayMessage) =>
  [
    eventId,
    kind,
    severity,
    cutBytes(subject, 200),
    cutBytes(line, TEXT),
    new Date(at).toISOString(),
  ].map((value, index) => ({
    oid: `${ARC}.1.${index + 1}.0`,
    type: snmp.ObjectType.OctetString,
    value,
  }))

/**
 * Sends one message. Version 2c: a trap, which nobody acknowledges. Version 3: an inform, which the receiver acknowledges, and which is signed and encrypted with a
 * sense of time: a trap of version 3 would need a clock of our own that survives us.
 * @throws what the receiver or the network said
 */
export const sendSnmp = async (
  message: GatewayMessage & { to: SnmpTarget },
  { secrets }: { secrets: Secrets },
): Promise<void> => {
  const { to } = message
  const transport = isIPv6(to.host) ? ('udp6' as const) : ('udp4' as const)
  const options = { trapPort: to.port, retries: 2, timeout: 3_000, transport }
  const oid = `${ARC}.0.${KINDS[message.kind] ?? OTHER}`
  const session =
    to.version === '2c'
      ? snmp.createSession(to.host, await secrets.read(to.community), {
          ...options,
          version: snmp.Version2c,
        })
      : snmp.createV3Session(to.host, await userOf(to, secrets), options as never)
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve())
      session.on('error', reject)
      if (to.version === '2c') session.trap(oid, varbindsOf(message), done)
      else session.inform(oid, varbindsOf(message), done)
    })
  } finally {
    session.close()
  }
}

const userOf = async (to: Extract<SnmpTarget, { version: '3' }>, secrets: Secrets) => ({
  name: to.user,
  level: snmp.SecurityLevel.authPriv,
  authProtocol: snmp.AuthProtocols[to.authProtocol],
  authKey: await secrets.read(to.authKey),
  privProtocol: snmp.PrivProtocols[to.privProtocol],
  privKey: await secrets.read(to.privKey),
})
