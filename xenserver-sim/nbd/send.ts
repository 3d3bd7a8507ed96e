import type { Duplex } from 'node:stream'

/**
 * Writes and waits until there is room for more. Rejects when the other side is gone.
 * @param onSent the memory of `data` is the caller's again
 */
export async function send(stream: Duplex, data: Buffer, onSent = () => {}): Promise<void> {
  if (stream.destroyed) throw new Error('The NBD client has closed the connection.')
  if (stream.write(data, onSent)) return
  await new Promise<void>((resolve, reject) => {
    const settle = (gone: boolean) => () => {
      stream.off('drain', drained).off('close', closed)
      gone ? reject(new Error('The NBD client has closed the connection.')) : resolve()
    }
    const [drained, closed] = [settle(false), settle(true)]
    stream.on('drain', drained).on('close', closed)
  })
}
