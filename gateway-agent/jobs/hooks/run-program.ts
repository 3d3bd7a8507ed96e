import type { RunProgramSpec } from '#core/contracts/run-programs.ts'
import { RunProgramFailedError } from '#core/errors/policies.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import { type NamedProgram, runNamed } from './named-program.ts'

export interface RunProgramOptions extends Pick<NamedProgram, 'scripts' | 'timer'> {
  spec: RunProgramSpec
  runId: string
  jobId: string
  context: Pick<JobContext, 'signal' | 'report'>
}

/**
 * Runs the program before or after a whole run. It opens neither pool nor repository, so that it runs where those do not answer.
 * @throws `RUN_PROGRAM_FAILED`
 */
export const runProgram = async ({
  spec,
  runId,
  jobId,
  context,
  scripts,
  timer,
}: RunProgramOptions): Promise<Performed> => {
  const { script, timeoutSeconds, when, policyId, policyName, poolUuid, vms, status } = spec
  context.report({ phase: `running the program ${when} the run` })
  const facts = {
    ...{ when, runId, jobId, policyId, policyName, poolUuid, poolName: spec.vmName, vms },
    ...(status && { status }),
  }
  const { signal } = context
  const ran = await runNamed({
    ...{ scripts, script, timeoutSeconds, facts, environment: environmentOf(facts) },
    ...{ signal, timer },
  })
  signal.throwIfAborted()
  if ('trouble' in ran) throw new RunProgramFailedError(when, ran.trouble)
  return { outcome: { status: 'program-ran', said: ran.said } }
}

/** `policyName` as `XENKEEP_POLICY_NAME`; what a line of an environment cannot hold is left out. */
const environmentOf = (facts: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      `XENKEEP_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`,
      String(value).replace(/\p{Cc}/gu, ' '),
    ]),
  )
