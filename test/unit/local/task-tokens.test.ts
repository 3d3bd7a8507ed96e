import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { taskTokens } from '#local/workflow/task-tokens.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a token is answered once, and then nobody waits on it', async () => {
  const tokens = taskTokens()
  const { token, answer } = tokens.issue(10)
  expect(tokens.succeed(token, { done: 1 })).toBe(true)
  await expect(answer).resolves.toEqual({ done: 1 })
  expect(tokens.succeed(token, {})).toBe(false)
  expect(tokens.fail(token, 'E', 'why')).toBe(false)
  expect(tokens.heartbeat(token)).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('a failure carries its name', async () => {
  const tokens = taskTokens()
  const { token, answer } = tokens.issue(10)
  expect(tokens.fail(token, 'SR_FULL', 'no space')).toBe(true)
  await expect(answer).rejects.toMatchObject({ name: 'SR_FULL', message: 'no space' })
})

test('without a heartbeat the wait ends, with heartbeats it goes on', async () => {
  const tokens = taskTokens()
  const { token, answer } = tokens.issue(10)
  answer.catch(() => {})
  await vi.advanceTimersByTimeAsync(9_000)
  expect(tokens.heartbeat(token)).toBe(true)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(tokens.heartbeat(token)).toBe(true)
  await vi.advanceTimersByTimeAsync(10_000)
  await expect(answer).rejects.toMatchObject({ name: 'States.HeartbeatTimeout' })
  expect(tokens.heartbeat(token)).toBe(false)
})
