import { action, newCommand, type Program } from '../command.ts'

/**
 * `xenkeep demo [--keep]`. JSON lines: `chapter`, `claim` {claim, measured, proven}, at last `ended` {proven, seconds, claims}.
 */
export const demoCommand = (program: Program) =>
  newCommand(
    'demo',
    'protect a simulated pool, lose a VM, get it back, and prove it (less than a minute)',
    [
      'xenkeep demo',
      'xenkeep demo --keep      # leaves pool and XenKeep running to try things out',
    ],
  )
    .option('--keep', 'leave the pool and "xenkeep up" running at the end')
    .action(
      action(program, async (session, options: { keep?: true }) => {
        const { demo } = await import('../demo/demo.ts')
        return demo(session, options)
      }),
    )
