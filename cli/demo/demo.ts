import { toProblem } from '#core/errors/base.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { type Host, print, tell } from '../host.ts'
import { problemLines } from '../output/failure.ts'
import { formatDuration } from '../output/units.ts'
import { inspection } from './inspection.ts'
import { keepRunning, offerToKeep } from './keep.ts'
import { type Narrator, narrator } from './narrator.ts'
import { type Closers, type Stage, setStage } from './stage.ts'
import { disaster, firstBackup, restore, workAndSecondBackup } from './story.ts'
import { makeWorkspace } from './workspace.ts'

/** A story that the demo can tell. */
export interface Story {
  /** What happens, in a sentence. */
  about: string
  chapters: number
  /** Commands to try on what is kept running, as words. */
  toTry: string[][]
  /**
   * Sets the stage and tells the story on it.
   * @param closers gets what has to be ended, also when this fails half-way
   */
  play: (session: Session, folder: string, narrator: Narrator, closers: Closers) => Promise<Stage>
}

export const poolDemo: Story = {
  about: 'protect a pool, lose a VM, get it back.',
  chapters: 8,
  toTry: [
    ['vms'],
    ['points'],
    ['backup', 'web-01'],
    ['restore', 'latest:web-01', '--name', 'web-01 again'],
    ['check', '--level', '2'],
  ],
  play: async (session, folder, tale, closers) => {
    const stage = await setStage(session, folder, tale, closers)
    await firstBackup(stage)
    await workAndSecondBackup(stage)
    await disaster(stage)
    await restore(stage)
    await inspection(stage)
    return stage
  },
}

/** Tells a whole story on a stage of its own, and clears it away. */
export const demo = async (
  session: Session,
  story: Story,
  { keep }: { keep?: true },
): Promise<ExitCode> => {
  const { host, json } = session
  const started = host.now()
  const workspace = await makeWorkspace()
  const closers: Closers = []
  let cleared: Promise<void> | undefined
  const clear = () => {
    cleared ??= closeAll(closers).finally(workspace.remove)
    return cleared
  }
  let isInterrupted = false
  const stopListening = host.onStop(({ again }) => {
    if (again) process.exit(ExitCode.interrupted)
    isInterrupted = true
    tell(host, '', 'Ending the demo and removing what it made …')
    void clear().then(() => process.exit(ExitCode.interrupted))
  })
  // The story's commands do not hear Ctrl-C themselves, and fall silent when it ends.
  const stageHost = {
    ...host,
    stdout: untilSilenced(host.stdout, () => isInterrupted),
    stderr: untilSilenced(host.stderr, () => isInterrupted),
    onStop: () => () => {},
  }
  const tale = narrator(stageHost, json, story.chapters)
  try {
    if (!json)
      print(
        host,
        `XenKeep demo: ${story.about}`,
        `Everything happens in ${workspace.path} and is removed at the end.`,
      )
    const stage = await story.play({ ...session, host: stageHost }, workspace.path, tale, closers)
    const seconds = (host.now() - started) / 1_000
    const { proven, complete } = tale.end({ seconds, finished: true })
    if (!json)
      print(
        host,
        '',
        proven
          ? `${complete ? 'All of it' : 'All that can be checked on this machine'} was proven in ${formatDuration(seconds)}.`
          : 'NOT everything was proven: see the marks above.',
      )
    stopListening()
    if (keep || (proven && !json && (await offerToKeep(host))))
      await keepRunning(host, stage, story.toTry)
    return proven ? ExitCode.ok : ExitCode.failed
  } catch (error) {
    // What is torn down under the story's feet makes it stumble; that is no news.
    if (isInterrupted) return ExitCode.interrupted
    tell(host, ...problemLines(toProblem(error), 'xenkeep: '))
    tale.end({ seconds: (host.now() - started) / 1_000, finished: false })
    return ExitCode.failed
  } finally {
    stopListening()
    await clear()
  }
}

/** In the order opposite to that of their start. */
const closeAll = async (closers: Closers): Promise<void> => {
  for (const close of closers.reverse()) await close().catch(() => {})
}

const untilSilenced = (stream: Host['stderr'], isSilent: () => boolean): Host['stderr'] => ({
  write: (text: string) => isSilent() || stream.write(text),
  get isTTY() {
    return stream.isTTY ?? false
  },
  get columns() {
    return stream.columns ?? 80
  },
})
