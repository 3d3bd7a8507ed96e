import { machine as architecture } from 'node:os'
import { RecoveryInformationMissingError, RecoveryNeedsRootError } from '#core/errors/recovery.ts'
import { MACHINE, Machine } from '#core/recovery/machine.ts'
import { type RecoveryPlan, recoveryPlan } from '#core/recovery/plan.ts'
import { treeSource } from '#file-tree/tree-source.ts'
import type { Point, Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { formatDuration } from '../output/units.ts'
import { findPoint } from '../repo/find-point.ts'
import { type RepositoryOptions, withDisksOf } from '../repo/open.ts'
import { byteProgress } from '../repo/progress.ts'
import { stoppable } from '../stoppable.ts'
import { exitCodeOfOutcome, outcomeDocument, outcomeLines } from '../tree/outcome-lines.ts'
import { type Laid, recover as make } from './perform.ts'
import { planLines } from './plan-lines.ts'
import { hasPrivateMounts, inPrivate } from './private-mounts.ts'
import { ALWAYS, type Programs, programsOf } from './programs.ts'
import { assertEmpty, assertUnused, realPathOf, targetOf } from './target.ts'

export interface RecoverOptions extends RepositoryOptions {
  dryRun?: true
  /** Names of disks whose content may be lost. */
  overwrite?: string[]
  /** `false`: the machine need not start by itself. */
  bootLoader: boolean
}

/**
 * Makes a Linux machine anew on empty disks.
 * @returns `partly` when files could not be restored or not with all their attributes, `damaged` when data of the point is damaged
 */
export const recover = async (
  session: Session,
  [point, disks]: readonly [string, readonly string[]],
  options: RecoverOptions,
): Promise<ExitCode> => {
  const { host } = session
  const paths = await Promise.all(disks.map(realPathOf))
  for (const name of options.overwrite ?? [])
    if (!paths.includes(await realPathOf(name)))
      throw new UsageError(`--overwrite names ${safeText(name)}, which is none of the disks.`)
  if (process.getuid?.() !== 0) throw new RecoveryNeedsRootError()
  if (!options.dryRun && !(await hasPrivateMounts())) {
    await programsOf(host.env.PATH, new AbortController().signal).assertAll(new Map(ALWAYS))
    return (await inPrivate(host)) as ExitCode
  }
  return stoppable(host, signal =>
    withDisksOf(session, options, async repository => {
      const programs = programsOf(host.env.PATH, signal)
      const described = await findPoint(repository, point)
      const machine = await machineOf(repository, described.point, signal)
      await programs.assertAll(new Map(ALWAYS))
      const targets = await Promise.all(disks.map(disk => targetOf(disk, programs)))
      const request = { targets, architecture: architecture(), bootLoader: options.bootLoader }
      const plan = recoveryPlan(machine, request)
      await assertReady(plan, programs, options)
      tellPlan(session, described.point.id, plan)
      if (options.dryRun) return ExitCode.ok
      return carryOut(session, { repository, point: described.point, plan, programs, signal })
    }),
  )
}

const LONGEST = 64 * 1024 * 1024 // bytes; the packages of a large machine are 1 MiB

/** @throws `RECOVERY_INFORMATION_MISSING`; damage */
const machineOf = async (
  repository: Repository,
  point: Point,
  signal: AbortSignal,
): Promise<Machine> => {
  const stream = point.streams.find(({ id }) => id === MACHINE)
  if (!stream || stream.size > LONGEST) throw new RecoveryInformationMissingError(point.id)
  const parts: Uint8Array[] = []
  for await (const part of repository.readStream(point, MACHINE, { signal }))
    parts.push(Uint8Array.from(part))
  try {
    return Machine.parse(JSON.parse(Buffer.concat(parts).toString('utf8')))
  } catch (error) {
    throw new RecoveryInformationMissingError(point.id, error)
  }
}

/** All that can be refused is refused before anything is changed. */
const assertReady = async (
  { disks, fileSystems, machine }: RecoveryPlan,
  programs: Programs,
  { overwrite = [], dryRun }: RecoverOptions,
): Promise<void> => {
  const makers = fileSystems.map(({ program, debian }) => [program, debian] as const)
  const swapFiles = machine.swapFiles.length > 0 ? [['fallocate', 'util-linux'] as const] : []
  await programs.assertAll(new Map([...makers, ...swapFiles]))
  const allowed = new Set(await Promise.all(overwrite.map(realPathOf)))
  for (const { target } of disks) {
    await assertUnused(target, programs, { dryRun })
    if (!allowed.has(target.path)) await assertEmpty(target, programs)
  }
}

const tellPlan = ({ host, json }: Session, point: string, plan: RecoveryPlan): void => {
  const { machine, disks, fileSystems, notes } = plan
  if (!json) {
    print(host, ...planLines(plan))
    return
  }
  printJson(host, {
    ...{ event: 'plan', point, hostname: machine.hostname, firmware: machine.firmware },
    disks: disks.map(({ disk, target, script, grown, bootAreas }) => ({
      ...{ was: disk.name, disk: target.path, bytes: target.bytes, script },
      ...(grown && { grown: grown.number }),
      bootLoader: bootAreas.length > 0,
    })),
    fileSystems: fileSystems.map(({ system, target, offset, bytes }) => ({
      ...{ type: system.type, uuid: system.uuid, label: system.label },
      ...{ mountPoint: system.mountPoint, tree: system.tree, disk: target, offset, bytes },
    })),
    notes,
  })
}

interface Work {
  repository: Repository
  point: Point
  plan: RecoveryPlan
  programs: Programs
  signal: AbortSignal
}

const carryOut = async (
  { host, json }: Session,
  { repository, point, plan, programs, signal }: Work,
): Promise<ExitCode> => {
  const start = host.now()
  const laid = await make(plan, {
    ...{ programs, signal },
    tree: name => treeSource(repository, point, name, signal),
    stream: name => repository.readStream(point, name, { signal }),
    onStep: text => (json ? printJson(host, { event: 'step', text }) : print(host, safeText(text))),
    progressOf: source => byteProgress(host, json, source.size),
  })
  const seconds = (host.now() - start) / 1000
  const codes = laid.map(codeOf)
  const code = [ExitCode.damaged, ExitCode.partly].find(each => codes.includes(each)) ?? ExitCode.ok
  if (json)
    printJson(host, {
      ...{ event: 'recovered', point: point.id, whole: code === ExitCode.ok, seconds },
      trees: laid.map(({ mountPoint, outcome }) => ({ mountPoint, ...outcomeDocument(outcome) })),
    })
  else
    print(
      host,
      ...laid.flatMap(({ mountPoint, outcome }) => [
        safeText(mountPoint),
        ...outcomeLines(outcome),
      ]),
      code === ExitCode.ok
        ? `${safeText(plan.machine.hostname)} is on its disks again, in ${formatDuration(seconds)}. Start it from them.`
        : `${safeText(plan.machine.hostname)} is on its disks again, but NOT WHOLE: see above what is missing.`,
    )
  return code
}

/** FAT keeps neither owners nor attributes: what is left out there is what was never there. */
const codeOf = ({ type, outcome }: Laid): ExitCode =>
  exitCodeOfOutcome(type === 'vfat' ? { ...outcome, leftOut: [] } : outcome)
