import type { Story } from '../demo.ts'
import { closeLook, proofs } from './proofs.ts'
import { bringBack } from './site-restore.ts'
import { setSiteStage } from './site-stage.ts'
import { damage, defineSite, protectSite, workOnDesktop } from './site-story.ts'

export const siteDemo: Story = {
  about: 'protect a XenDesktop site, damage it, bring it back step by step.',
  chapters: 9,
  toTry: [
    ['site', 'show', 'Vienna'],
    ['site', 'points', 'Vienna'],
    ['site', 'restores'],
    ['guests'],
    ['site', 'backup', 'Vienna'],
  ],
  play: async (session, folder, tale, closers) => {
    const stage = await setSiteStage(session, folder, tale, closers)
    await workOnDesktop(stage)
    await defineSite(stage)
    const pointId = await protectSite(stage)
    const before = await damage(stage)
    const restored = await bringBack(stage, pointId)
    await proofs(stage, before, restored)
    await closeLook(stage)
    return stage
  },
}
