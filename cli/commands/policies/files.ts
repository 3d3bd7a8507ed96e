import { isDeepStrictEqual } from 'node:util'
import { Option } from 'commander'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView, PreviewPolicyReply } from '#core/contracts/policies-api.ts'
import { policyChanges } from '#core/contracts/policy-changes.ts'
import { action, answer, newCommand, type Program, type Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { tell } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { count } from '../../output/units.ts'
import { findPolicy } from '../../policies/find-policy.ts'
import type { PolicyDocument } from '../../policies/policy-documents.ts'
import { inputOf, readPolicyFile } from '../../policies/policy-file.ts'

interface ExportOptions {
  all?: true
  format: 'yaml' | 'json'
}

/** Prints the same with `--json` as with `--format json`. */
export const exportPoliciesCommand = (program: Program) =>
  newCommand('export', 'print policies as a file that "apply", "create" and "edit" take', [
    'xenkeep policies export Nightly > nightly.yaml',
    'xenkeep policies export --all > policies.yaml',
    'xenkeep policies export Nightly --format json',
  ])
    .argument('[policies...]', 'names or ids')
    .option('--all', 'every policy')
    .addOption(
      new Option('--format <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'),
    )
    .action(
      action(program, async (session, names: string[], { all, format }: ExportOptions) => {
        const { client } = session
        if ((all ?? false) === names.length > 0)
          throw new UsageError('Name the policies, or give --all.')
        const views: PolicyView[] = all
          ? await listAll(client, 'listPolicies')
          : await Promise.all(names.map(name => findPolicy(client, name)))
        if (views.length === 0) throw new UsageError('There is no policy yet.')
        const policies = views.map(({ policy }) => inputOf(policy))
        const { formatPolicies } = await import('../../policies/policy-documents.ts')
        const document = policies.length === 1 ? policies[0] : policies
        answer(session, document, () => formatPolicies(policies, format).trimEnd().split('\n'))
        return ExitCode.ok
      }),
    )

/** What one policy of a file comes to. */
interface Step {
  name: string
  does: 'create' | 'change' | 'nothing'
  /** What differs, a line each. */
  changes: string[]
}

interface PlannedStep extends Step {
  policy: PolicyInput
  where: string
  found?: PolicyView | undefined
  preview?: PreviewPolicyReply
}

interface ApplyOptions {
  file: string[]
  dryRun?: true
}

/** JSON: `{"dryRun":…,"policies":[{"name":…,"does":"create"|"change"|"nothing","changes":[…]}]}`. */
export const applyPoliciesCommand = (program: Program) =>
  newCommand('apply', 'make or replace policies as files say; others stay as they are', [
    'xenkeep policies apply -f policies.yaml --dry-run   # what would change; saves nothing',
    'xenkeep policies apply -f nightly.yaml -f databases.yaml',
    'xenkeep policies export --all | xenkeep policies apply -f -',
  ])
    .requiredOption(
      '-f, --file <file>',
      'YAML or JSON, one or several policies; "-": standard input; may be repeated',
      (path: string, before: string[] = []) => [...before, path],
    )
    .option('--dry-run', 'only tell what would change')
    .action(
      action(program, async (session, { file, dryRun }: ApplyOptions) => {
        const { client, host } = session
        const documents: PolicyDocument[] = []
        for (const path of file) documents.push(...(await readPolicyFile(path, host.stdin)))
        refuseDoubles(documents)
        const known = await listAll(client, 'listPolicies')
        const steps: PlannedStep[] = []
        // All are looked at before the first is saved: what cannot be saved is found out while nothing has changed.
        for (const document of documents) steps.push(await planned(session, document, known))
        if (!dryRun) await saveAll(session, steps)
        const policies = steps.map(({ name, does, changes }): Step => ({ name, does, changes }))
        answer(session, { dryRun: dryRun ?? false, policies }, () =>
          steps.flatMap(step => stepLines(step, dryRun ?? false)),
        )
        return ExitCode.ok
      }),
    )

const fold = (name: string): string => name.trim().normalize('NFC').toLowerCase()

const refuseDoubles = (documents: readonly PolicyDocument[]): void => {
  const seen = new Map<string, string>()
  for (const { policy, where } of documents) {
    const before = seen.get(fold(policy.name))
    if (before !== undefined)
      throw new UsageError(
        `${where}: the policy ${quoted(policy.name)} is there already (${before}).`,
        'Keep one of the two; nothing was saved.',
      )
    seen.set(fold(policy.name), where)
  }
}

const planned = async (
  { client }: Session,
  document: PolicyDocument,
  known: readonly PolicyView[],
): Promise<PlannedStep> => {
  const { where } = document
  const { name } = document.policy
  const found = known.find(view => fold(view.policy.name) === fold(name))
  const policy = found ? asItStands(document, found) : document.policy
  const common = { name, policy, where, found }
  if (found && isDeepStrictEqual(inputOf(found.policy), policy))
    return { ...common, does: 'nothing', changes: [] }
  const preview = await client.call('previewPolicy', {
    body: { policy, ...(found && { policyId: found.policy.policyId }) },
  })
  const changes = found ? policyChanges(inputOf(found.policy), policy).map(changeLine) : []
  return { ...common, does: found ? 'change' : 'create', changes, preview }
}

/** What a file does not say of whether a policy runs by itself is left to whoever paused or disabled it. */
const asItStands = (
  { policy, named }: PolicyDocument,
  { policy: now }: PolicyView,
): PolicyInput => ({
  ...policy,
  ...(!named.has('enabled') && { enabled: now.enabled }),
  ...(!named.has('pausedUntil') &&
    now.pausedUntil !== undefined && { pausedUntil: now.pausedUntil }),
})

const CHANGE_LENGTH = 200

const changeLine = (text: string): string => {
  const safe = safeText(text)
  return safe.length > CHANGE_LENGTH ? `${safe.slice(0, CHANGE_LENGTH - 2)} …` : safe
}

const save = async ({ client }: Session, { policy, found, does }: PlannedStep): Promise<void> => {
  if (does === 'nothing') return
  if (!found) {
    await client.call('createPolicy', { body: policy })
    return
  }
  const { version } = found
  const params = { policyId: found.policy.policyId }
  await client.call('putPolicy', { params, body: { version, policy } })
}

/** Those that are saved stay saved: what failed names them. */
const saveAll = async (session: Session, steps: readonly PlannedStep[]): Promise<void> => {
  const saved: string[] = []
  try {
    for (const step of steps) {
      await save(session, step)
      if (step.does !== 'nothing') saved.push(quoted(step.name))
    }
  } catch (error) {
    if (saved.length > 0)
      tell(session.host, `Saved before the next one failed, and they stay: ${saved.join(', ')}.`)
    throw error
  }
}

const WORDS = {
  create: { done: 'made', would: 'would be made' },
  change: { done: 'changed', would: 'would be changed' },
  nothing: { done: 'as it was', would: 'would stay as it is' },
} as const

const stepLines = ({ name, does, changes, preview }: PlannedStep, dryRun: boolean): string[] => {
  const verb = WORDS[does][dryRun ? 'would' : 'done']
  const takes = preview ? `; it takes ${count(preview.chosen, 'VM')} as the inventory stands` : ''
  return [
    `${quoted(name)}: ${verb}${takes}`,
    ...changes.map(change => `  ${change}`),
    ...(preview?.shortened.length
      ? [
          `  points are kept shorter (${safeText(preview.shortened.join('; '))}): that takes an administrator`,
        ]
      : []),
    ...(preview?.expiresNow
      ? [
          `  ${count(preview.expiresNow, 'point')} of those that are there ${dryRun ? 'would expire' : 'expire'}`,
        ]
      : []),
    ...(preview?.notes ?? []).map(note => `  note: ${safeText(note)}`),
  ]
}
