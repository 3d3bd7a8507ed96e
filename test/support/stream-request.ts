import { expect } from 'vitest'
import type { Pool } from '#sim/pool.ts'
import { type RawRequest, rawHttp } from './raw-http.ts'

/** Sends a request to a streaming handler of a simulated pool under a task of its own and shows both answers. */
export async function streamRequest(pool: Pool, request: RawRequest, host = 0) {
  const task = pool.state.tasks.begin('test', { cancellable: true })
  const [method, target] = request.line.split(' ')
  const basic = Buffer.from(`${pool.user}:${pool.password}`).toString('base64')
  const answer = await rawHttp(pool.hosts[host]?.url ?? '', {
    ...request,
    line: `${method} ${target}&task_id=${task}`,
    headers: { Authorization: `Basic ${basic}`, ...request.headers },
  })
  // A connection that broke off is over before the server has told the task; a redirect leaves it pending.
  const find = () => pool.state.database.get('task', task)
  if (!answer.statusLine.includes('302')) await expect.poll(() => find().status).not.toBe('pending')
  return { ...answer, task: find() }
}
