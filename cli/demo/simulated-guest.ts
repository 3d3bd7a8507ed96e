import { createReadStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { type Simulator, SimulatorError } from './simulator.ts'

const Reply = z.object({ written: z.number() })

/**
 * What happens inside a guest: its disk becomes the image, written in the blocks of 64 KiB that differ.
 * @returns bytes written
 */
export const guestWrites = async (
  { coordinator, user, password }: Simulator,
  { vm, device, image }: { vm: string; device: string; image: string },
): Promise<number> => {
  const url = new URL(`/sim/guest-apply?${new URLSearchParams({ vm, device })}`, coordinator.url)
  const sent = request(url, {
    method: 'POST',
    auth: `${user}:${password}`,
    ca: coordinator.certificatePem,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
  })
  await pipeline(createReadStream(image, { highWaterMark: 1024 * 1024 }), sent)
  const reply = Reply.safeParse(await json(await answered))
  if (!reply.success) throw new SimulatorError('it did not take what the guest wrote')
  return reply.data.written
}
