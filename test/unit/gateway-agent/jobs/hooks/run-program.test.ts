import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RunProgramSpec } from '#core/contracts/run-programs.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { type RunProgramOptions, runProgram } from '#gateway-agent/jobs/hooks/run-program.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'

const POOL = '00000000-0000-4000-8000-0000000000aa'
const SPEC: RunProgramSpec = {
  ...{ kind: 'run-program', when: 'after', script: 'tell', timeoutSeconds: 300, vms: 2 },
  ...{ poolUuid: POOL, vmUuid: POOL, vmName: 'Vienna', status: 'failed' },
  ...{ policyId: '01J00000000000000000000002', policyName: 'Night "1"\n$(x)' },
}

const unlimited = () => new AbortController().signal

const gateway = (script: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-hooks-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'told')
  const stop = new AbortController()
  const options: RunProgramOptions = {
    ...{ spec: SPEC, runId: '01J00000000000000000000003', jobId: '01J00000000000000000000004' },
    scripts: { tell: ['/bin/sh', '-c', script, 'sh', file] },
    context: { signal: stop.signal, report: () => {} },
    timer: unlimited,
  }
  return { options, stop, told: () => readFileSync(file, 'utf8') }
}

test('a program learns from its environment what it is run for, and from nothing else of ours', async () => {
  const { options, told } = gateway('env | sort > "$1"; echo all; echo well')
  process.env.XENKEEP_PASSPHRASE = 'secret'
  onTestFinished(() => void delete process.env.XENKEEP_PASSPHRASE)
  expect(await runProgram(options)).toStrictEqual({
    outcome: { status: 'program-ran', said: 'well' },
  })
  expect(
    told()
      .split('\n')
      .filter(line => line.startsWith('XENKEEP_')),
  ).toStrictEqual([
    'XENKEEP_JOB_ID=01J00000000000000000000004',
    'XENKEEP_POLICY_ID=01J00000000000000000000002',
    'XENKEEP_POLICY_NAME=Night "1" $(x)',
    'XENKEEP_POOL_NAME=Vienna',
    `XENKEEP_POOL_UUID=${POOL}`,
    'XENKEEP_RUN_ID=01J00000000000000000000003',
    'XENKEEP_STATUS=failed',
    'XENKEEP_VMS=2',
    'XENKEEP_WHEN=after',
  ])
})

test.each([
  ['echo no licence >&2; exit 3', 'tell', '"tell" ended with exit code 3: no licence'],
  ['sleep 9', 'tell', '"tell" took longer than 300 s.', () => AbortSignal.timeout(50)],
  ['', 'constructor', 'the settings of this gateway have no program "constructor" (hookScripts).'],
])('%j: %s fails by name', async (text, script, why, timer = unlimited) => {
  const { options } = gateway(text)
  const spec = { ...SPEC, script, when: 'before' as const }
  await expect(runProgram({ ...options, timer, spec })).rejects.toMatchObject({
    code: 'RUN_PROGRAM_FAILED',
    message: `The program before the run failed: ${why}`,
  })
})

test('one that is cancelled is ended', async () => {
  const { options, stop } = gateway('sleep 9')
  const ran = runProgram(options)
  stop.abort(new JobCancelledError())
  await expect(ran).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
})

test('the agent takes it as any job', async () => {
  const { options, told } = gateway('cat > "$1"')
  await using agent = await agentOnPool({}, {}, { hookScripts: options.scripts })
  const done = await agent.run(SPEC)
  expect(done.outcome).toStrictEqual({ status: 'program-ran', said: '' })
  expect(JSON.parse(told())).toMatchObject({ when: 'after', status: 'failed', poolName: 'Vienna' })
})
