import { once } from 'node:events'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { SelfSigned } from './self-signed.ts'

export interface SmtpReceiver {
  port: number
  /** Whole messages, in the order of their arrival. */
  received: { from: string; to: string[]; raw: string; secure: boolean; user: string | undefined }[]
  /** How often anybody connected so far. */
  connections(): number
  close(): Promise<void>
}

/** A real mail server (npm smtp-server) on a port of this machine. */
export const smtpReceiver = async (
  tls: SelfSigned,
  options: SMTPServerOptions = {},
  port = 0,
): Promise<SmtpReceiver> => {
  const received: SmtpReceiver['received'] = []
  const server = new SMTPServer({
    ...tls,
    authOptional: true,
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.once('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          secure: session.secure,
          user: session.user,
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  let connections = 0
  server.server.on('connection', () => {
    connections++
  })
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as { port: number }).port,
    received,
    connections: () => connections,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}
