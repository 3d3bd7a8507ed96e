import { once } from 'node:events'
import { createServer } from 'node:net'

/** A receiver of syslog over TCP as RFC 6587 has it: counts octets, reads to the end and ends. */
export const syslogReceiver = async () => {
  const received: string[] = []
  const server = createServer(async socket => {
    socket.on('error', () => {})
    const chunks: Buffer[] = []
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
    received.push(...messagesIn(Buffer.concat(chunks)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    received,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}

const messagesIn = (bytes: Buffer): string[] => {
  const space = bytes.indexOf(' ')
  if (space < 0) return []
  const end = space + 1 + Number(bytes.subarray(0, space))
  return [bytes.subarray(space + 1, end).toString('utf8'), ...messagesIn(bytes.subarray(end))]
}
