import { expect, test } from 'vitest'
import { createRepositories } from '#gateway-agent/repositories.ts'
import type { Repository } from '#repository/index.ts'

const setUp = () => {
  const made: { isBroken: boolean; closed: number }[] = []
  const repositories = createRepositories(async () => {
    const repository = { isBroken: false, closed: 0, close: async () => void repository.closed++ }
    made.push(repository)
    return repository as unknown as Repository
  })
  return { made, repositories, twice: () => Promise.all([0, 1].map(() => repositories.open('a:'))) }
}

test('each repository is opened once, for all who ask', async () => {
  const { made, twice } = setUp()
  const [one, two] = await twice()
  expect(made).toHaveLength(1)
  expect(one).toBe(two)
})

test('one whose local table broke is opened anew, once, and both are closed in the end', async () => {
  const { made, repositories, twice } = setUp()
  const [first] = await twice()
  for (const repository of made) repository.isBroken = true
  const [second, third] = await twice()
  expect(made).toHaveLength(2)
  expect(second).toBe(third)
  expect(second).not.toBe(first)
  await repositories.close()
  expect(made.map(({ closed }) => closed)).toEqual([1, 1])
})
