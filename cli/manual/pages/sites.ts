import type { Pages } from '../page.ts'

/** `xenkeep site …` */
export const sites: Pages = {
  'site list': {
    calls: ['listSites'],
    json: { members: { sites: { all: 'listSites' } } },
    see: ['site show', 'site define', 'xendesktop.md'],
  },
  'site show': {
    calls: ['listSites', 'getSite'],
    json: {
      told: 'One document: what GET /v1/sites/{siteId} answers (docs/openapi.json); with --definition the definition alone.',
    },
    see: ['site preview', 'site points', 'xendesktop.md'],
  },
  'site discover': {
    calls: ['discoverSite'],
    json: { answer: 'discoverSite' },
    see: ['site define', 'site preview', 'xendesktop.md'],
  },
  'site define': {
    calls: ['listSites', 'previewSite', 'createSite', 'putSite'],
    json: {
      told: 'One document: what the route that saves it answers; with --dry-run what POST /v1/sites/preview answers.',
    },
    needs: ['With --dry-run the role viewer.'],
    see: ['site preview', 'site show', 'policies create', 'xendesktop.md'],
  },
  'site preview': {
    calls: ['previewSite', 'listSites'],
    json: { answer: 'previewSite' },
    see: ['site define', 'site backup', 'xendesktop.md'],
  },
  'site delete': {
    calls: ['deleteSite', 'listSites'],
    json: { answer: 'deleteSite' },
    see: ['site list', 'policies delete', 'xendesktop.md'],
  },
  'site backup': {
    calls: ['startRun', 'listSites', 'getRun'],
    json: { run: true },
    needs: ['A gateway that serves the pools of the site, and the agents in its guests.'],
    exits: { partly: 'some members were saved, some were not: the site point is partial' },
    interruptible: true,
    see: ['site points', 'policies run', 'runs', 'xendesktop.md'],
  },
  'site points': {
    calls: ['listPoints', 'listSites'],
    json: { members: { points: { all: 'listPoints' } } },
    see: ['site point', 'site plan', 'xendesktop.md'],
  },
  'site point': {
    calls: ['getSitePoint'],
    json: { told: 'One document: what GET /v1/site-points/{pointId} answers, with all members.' },
    see: ['site points', 'site plan', 'xendesktop.md'],
  },
  'site plan': {
    calls: ['getSitePlan'],
    json: {
      told: 'One document: what GET /v1/site-points/{pointId}/plan answers, with all steps.',
    },
    see: ['site restore', 'site point', 'xendesktop.md'],
  },
  'site recall': {
    calls: ['startRun', 'getRun'],
    json: { run: true },
    needs: ['A gateway that keeps the repository ("maintenance"): it has the keys.'],
    interruptible: true,
    see: ['site restore', 'site points', 'xendesktop.md'],
  },
  'site restore': {
    calls: ['startSiteRestore', 'getSiteRestore'],
    json: { told: 'One document: {"restoreId", "restore", "steps"}, as "site restores" has them.' },
    see: ['site step', 'site restores', 'site plan', 'site recall', 'xendesktop.md'],
  },
  'site restores': {
    calls: ['listSiteRestores'],
    callsWith: { 'a restore': ['getSiteRestore'] },
    json: {
      told: 'One document: {"restores": […]}; of one restore {"restore", "steps"} with all its steps.',
    },
    see: ['site step', 'site restore', 'xendesktop.md'],
  },
  'site step': {
    calls: ['stepSiteRestore', 'getRun'],
    interruptible: true,
    exits: {
      partly:
        'some came back and some did not, or it has stopped where a person has to do the next step',
    },
    json: {
      told: 'One document: what the route answers; where a run is followed, the lines that "restore" prints.',
    },
    needs: [
      'What writes over a VM that exists, or over what a server keeps, waits for approval by an administrator unless one asks for it.',
    ],
    see: ['site restores', 'site end', 'restore', 'xendesktop.md'],
  },
  'site end': {
    calls: ['endSiteRestore'],
    json: { answer: 'endSiteRestore' },
    see: ['site restores', 'xendesktop.md'],
  },
}
