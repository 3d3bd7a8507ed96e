import middy from '@middy/core'
import type { z } from 'zod'
import { asXenkeepError, UnexpectedError } from '#core/errors/base.ts'
import type { Ports } from '../ports.ts'

export type TaskWork<In, Out> = (ports: Ports) => (input: In) => Promise<Out>
export type TaskHandler = (input: unknown) => Promise<unknown>

/**
 * A Lambda handler for one task of a state machine. The name of what it throws is our code, so that `Retry` and `Catch`
 * can tell one error from another, and the message is the sentence with its advice.
 */
export const taskHandlerWith =
  (ports: () => Ports | Promise<Ports>) =>
  <S extends z.ZodType, Out>(schema: S, work: TaskWork<z.output<S>, Out>): TaskHandler => {
    const handler = middy<unknown, Out>()
      .onError(({ error }) => {
        throw named(error)
      })
      .handler(async event => work(await ports())(schema.parse(event)))
    return input => handler(input, {} as never)
  }

const named = (error: unknown): Error => {
  const ours = asXenkeepError(error)
  const { code, message, advice } = ours
  const named = new Error(`${message} ${advice}`)
  named.name = code
  if (ours instanceof UnexpectedError && error instanceof Error && error.stack)
    named.stack = error.stack
  return named
}
