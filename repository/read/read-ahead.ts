import type { Loan } from '../write/buffer-pool.ts'
import type { Permit } from '../write/byte-budget.ts'
import { type Decoded, type DiskReading, readSegment, type SegmentPlan } from './segment.ts'

interface Ahead<Plan> {
  plan: Plan
  decoded: Promise<Decoded[]>
  permit: Permit
  loan: Loan | undefined
}

/**
 * Reads plans one after the other, with some of those behind on their way.
 * @param options `bytesOf`: plaintext of a plan; `lent`: what is yielded is the consumer's only until it asks for the next
 */
export const readAhead = async function* <Plan extends Pick<SegmentPlan, 'ids'>>(
  reading: DiskReading,
  plans: AsyncGenerator<Plan, undefined>,
  { bytesOf, lent }: { bytesOf: (plan: Plan) => number; lent?: boolean | undefined },
): AsyncGenerator<{ plan: Plan; decoded: Decoded[] }> {
  const { engine, signal } = reading
  const ahead: Ahead<Plan>[] = []
  // A plan that fails (a damaged page of the map) is told when its turn comes, after what lies before it.
  const plan = () =>
    plans.next().catch((error: unknown) => ({ done: true as const, value: undefined, error }))
  let next: Awaited<ReturnType<typeof plan>> = await plan()
  // Nobody waits for room here: the others may hold all of it and wait for our consumer. The segment that is due is always
  // read; those behind it where there is room.
  const goAhead = async () => {
    while (!next.done && ahead.length < engine.tuning.segmentsAhead) {
      const bytes = bytesOf(next.value)
      const permit =
        ahead.length === 0 ? engine.budget.force(bytes) : engine.budget.tryTake(bytes, 'read')
      if (!permit) return
      const loan = lent ? engine.buffers.loan() : undefined
      const decoded = readSegment(reading, next.value, loan)
      decoded.catch(() => undefined)
      ahead.push({ plan: next.value, decoded, permit, loan })
      next = await plan()
    }
  }
  try {
    while (true) {
      signal?.throwIfAborted()
      await goAhead()
      const current = ahead[0]
      if (!current && 'error' in next) throw next.error
      if (!current) return
      yield { plan: current.plan, decoded: await current.decoded }
      ahead.shift()
      giveBack(current)
    }
  } finally {
    await Promise.allSettled(ahead.map(({ decoded }) => decoded))
    for (const each of ahead) giveBack(each)
  }
}

const giveBack = ({ loan, permit }: Pick<Ahead<unknown>, 'loan' | 'permit'>): void => {
  loan?.end()
  permit.release()
}
