import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Problem } from '#core/contracts/problem.ts'
import { toProblem, XenkeepError } from '#core/errors/base.ts'
import { toAnswer } from '#functions/middleware/problem.ts'

class Coded extends XenkeepError {
  readonly code: string
  constructor(code: string) {
    super('x', { advice: 'y' })
    this.code = code
  }
}

/** Outcomes of jobs: they stand in the catalog, no call is answered by them. */
const OF_JOBS = ['JOB_GIVEN_UP', 'OUTCOME_REFUSED', 'WORKFLOW_INTERRUPTED', 'POOL_DATABASE_STUB']

test.each(['request', 'control', 'components', 'replicas'])(
  'each error of a request has a status of its own (%s)',
  async file => {
    const text = await readFile(`core/errors/${file}.ts`, 'utf8')
    const codes = [...text.matchAll(/readonly code = '([A-Z_]+)'/g)].map(([, code = '']) => code)
    expect(codes.length).toBeGreaterThan(0)
    const unexpected = codes.filter(code => toAnswer(new Coded(code)).statusCode === 500)
    expect(unexpected.filter(code => !OF_JOBS.includes(code))).toEqual([])
  },
)

test('a text that is too long does not cost its code', () => {
  const problem = toProblem(new Error('x'.repeat(10_000)))
  expect(problem.message).toHaveLength(2_000)
  expect(problem.message).toMatch(/^Something unexpected happened: x+ …$/)
  expect(Problem.parse(problem).code).toBe('UNEXPECTED')
})
