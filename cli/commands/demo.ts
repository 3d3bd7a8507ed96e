import { action, newCommand, type Program } from '../command.ts'

/**
 * `xenkeep demo [--site] [--keep]`. JSON lines: `chapter`, `claim` {claim, measured, proven}, at last `ended` {proven, seconds, claims}.
 */
export const demoCommand = (program: Program) =>
  newCommand(
    'demo',
    'protect a simulated pool, lose a VM, get it back, and prove it (less than a minute)',
    [
      'xenkeep demo',
      'xenkeep demo --keep      # leaves pool and XenKeep running to try things out',
      'xenkeep demo --site      # a XenDesktop site instead: servers, a database, a directory, desktops',
    ],
  )
    .option('--site', 'a simulated XenDesktop site with agents in guests (less than two minutes)')
    .option('--keep', 'leave the pool and "xenkeep up" running at the end')
    .action(
      action(program, async (session, options: { keep?: true; site?: true }) => {
        const { demo, poolDemo } = await import('../demo/demo.ts')
        if (!options.site) return demo(session, poolDemo, options)
        const { siteDemo } = await import('../demo/site/site-demo.ts')
        return demo(session, siteDemo, options)
      }),
    )
