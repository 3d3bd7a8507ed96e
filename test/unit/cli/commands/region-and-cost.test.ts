import { describe, expect, test } from 'vitest'
import { type Answers, cliHost } from '#test/support/cli-host.ts'

const REGION = {
  ...{ here: 'eu-west-1', active: 'eu-central-1', epoch: 0, standingBy: true },
  others: ['eu-central-1'],
  line: 'eu-west-1 stands by: eu-central-1 is active (epoch 0), and nobody ever took over.',
}

const cli = async (answers: Answers = {}) => {
  const host = cliHost(answers)
  await host.running()
  return host
}

describe('xenkeep region', () => {
  test('says who is active', async () => {
    const host = await cli({ 'GET /v1/region': REGION })
    const { exitCode, stdout, stderr } = await host.run('region', 'status')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toContain('eu-west-1 stands by: eu-central-1 is active (epoch 0)')
  })

  test('takes over with the name that was typed, and tells how many runs go on', async () => {
    let body: unknown
    const host = await cli({
      'POST /v1/region/take-over': (request: { body: unknown }) => {
        body = request.body
        return { ...REGION, active: 'eu-west-1', epoch: 1, standingBy: false, goingOn: 2 }
      },
    })
    const { exitCode, stdout, stderr } = await host.run(
      'region',
      'take-over',
      '--confirm',
      'eu-west-1',
      '--why',
      'drill',
    )
    expect(exitCode, stderr).toBe(0)
    expect(body).toEqual({ confirm: 'eu-west-1', why: 'drill' })
    expect(stdout).toContain('2 open runs go on here.')
  })

  test('says when the other region was last heard of, and what is yet to be gone on with', async () => {
    const host = await cli({
      'GET /v1/region': {
        ...{ ...REGION, active: 'eu-west-1', epoch: 1, standingBy: false, left: 3 },
        lastWords: { 'eu-central-1': Date.now() - 600_000 },
      },
    })
    const { stdout } = await host.run('region', 'status')
    expect(stdout).toMatch(
      /The last that came from eu-central-1 was written 10 minutes ago \(.*Z\): what it wrote since has not come over, or it is away\./,
    )
    expect(stdout).toContain(
      '3 open runs are yet to be gone on with; that happens by itself within minutes',
    )
  })

  test('without a name nothing is taken over', async () => {
    const host = await cli()
    const { exitCode, stderr } = await host.run('region', 'take-over')
    expect(exitCode, stderr).toBe(2)
    expect(stderr).toContain('--confirm')
  })
})

describe('xenkeep cost', () => {
  test('reckons a bill without asking anybody', async () => {
    const host = await cli()
    const { exitCode, stdout, stderr } = await host.run(
      'cost',
      '--vms',
      '50',
      '--tb',
      '10',
      '--json',
    )
    expect(exitCode, stderr).toBe(0)
    const bill = JSON.parse(stdout)
    expect(bill).toMatchObject({ region: 'us-east-1', freeTier: false })
    expect(bill.total).toBeGreaterThan(100)
  })

  test('takes what is not said from the inventory', async () => {
    const host = await cli({ 'GET /v1/vms': { items: [] } })
    const { exitCode, stdout, stderr } = await host.run('cost')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/total +\d+\.\d\d\n/)
  })

  test.each([
    [['--region', 'mars-1'], 'There are no prices of "mars-1" here.'],
    [['--tb', 'many'], '"many" is no number of TB.'],
    [['--vms', '0'], '"0" is not a whole number from 1.'],
  ])('%j is refused in one sentence', async (args, sentence) => {
    const host = await cli()
    const { exitCode, stderr } = await host.run('cost', ...args)
    expect(exitCode, stderr).toBe(2)
    expect(stderr).toContain(sentence)
  })
})
