import { ulid } from 'ulid'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { Calls } from '#core/costs/counts.ts'
import type { TaskHandler } from '#functions/middleware/task-handler.ts'
import { taskHandlers } from '#functions/workflow/index.ts'
import { localWorkflow } from '#local/workflow/workflow.ts'
import { testApi } from '#test/support/call-api.ts'
import { signToken } from '#test/support/fake-gateway.ts'
import { countingCatalog } from './counting-catalog.ts'

/** The handlers and the synthesised state machines of the product in this process, with everything counted that AWS would bill. */
export const countedPlane = async () => {
  const { catalog, counted, bytes } = countingCatalog(memoryCatalog())
  let [requests, functions, transitions] = [0, 0, 0]
  const countingTasks = (): Record<string, TaskHandler> =>
    Object.fromEntries(
      Object.entries(taskHandlers(api.ports)).map(([name, handle]) => [
        name,
        (input: unknown) => {
          functions++
          return handle(input)
        },
      ]),
    )
  const workflow = localWorkflow({
    handlers: countingTasks,
    log: line => console.error(line),
    entered: () => {
      transitions++
    },
  })
  const api: Awaited<ReturnType<typeof testApi>> = await testApi({ catalog, workflow })
  /** With a nonce that makes nobody sweep: when that happens is chance, and each nonce is swept once in the end, which is counted at once. */
  const signed = async (method: string, path: string, body: unknown) => {
    counted.writes += 1
    const jti = `${ulid().slice(0, -1)}1`
    const token = await signToken(api.gateway, method, path, { jti }, api.ports.clock.now())
    return api.call(method, path, { authorization: `Bearer ${token}`, body })
  }
  const now = (): Calls => ({ requests, functions, transitions, ...counted })

  return {
    api,
    bytes,
    /** Makes a call as a gateway or a person: one request, one function. */
    async call(as: 'asGateway' | 'asPerson', method: string, path: string, body?: unknown) {
      requests++
      functions++
      const answer = await (as === 'asPerson'
        ? api.asPerson(method, path, body)
        : signed(method, path, body))
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.json)}`)
      return answer.json
    },
    /** An event of the clock. */
    async tick(work: () => Promise<unknown>) {
      functions++
      await work()
    },
    now,
    /** @returns what `work` took */
    async during(work: () => Promise<unknown>): Promise<Calls> {
      const before = now()
      await work()
      const after = now()
      return {
        requests: after.requests - before.requests,
        functions: after.functions - before.functions,
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
        transitions: after.transitions - before.transitions,
      }
    },
  }
}
export type CountedPlane = Awaited<ReturnType<typeof countedPlane>>
