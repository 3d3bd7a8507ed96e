import { newCommand, type Program } from '../../command.ts'
import {
  defineSiteCommand,
  deleteSiteCommand,
  discoverSiteCommand,
  previewSiteCommand,
} from './define.ts'
import { planSiteCommand, sitePointCommand, sitePointsCommand } from './points.ts'
import {
  endSiteCommand,
  recallSiteCommand,
  restoreSiteCommand,
  siteRestoresCommand,
  stepSiteCommand,
} from './restore.ts'
import { backupSiteCommand, listSitesCommand, showSiteCommand } from './sites.ts'

/** `xenkeep site …`: XenDesktop sites as one thing: what they are, their points, and how they come back. */
export const siteCommand = (program: Program) => {
  const site = newCommand(
    'site',
    'what belongs together in a XenDesktop site, and how it comes back',
    [
      'xenkeep site define -f vienna.yaml --dry-run   # what a backup would do; saves nothing',
      'xenkeep site define -f vienna.yaml',
      'xenkeep site backup Vienna',
      'xenkeep site points Vienna',
      'xenkeep site plan 01KAZ3M7Q1V5N8R2T4W6Y9B0CD',
      'xenkeep site restore 01KAZ3M7Q1V5N8R2T4W6Y9B0CD',
    ],
  )
  for (const command of [
    listSitesCommand,
    showSiteCommand,
    discoverSiteCommand,
    defineSiteCommand,
    previewSiteCommand,
    deleteSiteCommand,
    backupSiteCommand,
    sitePointsCommand,
    sitePointCommand,
    planSiteCommand,
    recallSiteCommand,
    restoreSiteCommand,
    siteRestoresCommand,
    stepSiteCommand,
    endSiteCommand,
  ])
    site.addCommand(command(program))
  return site
}
