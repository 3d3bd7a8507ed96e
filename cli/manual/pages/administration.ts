import type { Pages } from '../page.ts'

/** Who may what, who is told, where things run, and what is kept. */
export const administration: Pages = {
  repository: {
    calls: ['getRepository'],
    json: { members: { repository: { answer: 'getRepository' } } },
    exits: { damaged: 'the last verification found damage' },
    see: ['maintenance', 'check', 'repo info', 'maintenance.md'],
  },
  statistics: {
    calls: ['getStatistics'],
    json: { members: { statistics: { answer: 'getStatistics' } } },
    see: ['overview', 'repository', 'console.md'],
  },
  maintenance: {
    calls: ['startRun', 'getRun'],
    json: { run: true },
    needs: ['A gateway marked for maintenance ("xenkeep gateways set GATEWAY --maintenance").'],
    exits: { partly: 'some steps were done, some were not', damaged: 'it found damage' },
    interruptible: true,
    see: ['maintenance schedule', 'repository', 'maintenance.md'],
  },
  'maintenance schedule': {
    calls: ['putMaintenanceSchedule', 'getRepository'],
    json: { answer: 'putMaintenanceSchedule' },
    see: ['maintenance', 'repository', 'maintenance.md'],
  },
  'gateways list': {
    calls: ['listGateways'],
    json: { members: { gateways: { all: 'listGateways' } } },
    see: ['gateways enrol', 'pools', 'operations.md'],
  },
  gateways: {
    calls: ['listGateways'],
    json: { members: { gateways: { all: 'listGateways' } } },
    see: ['pools', 'operations.md', 'security.md'],
  },
  'gateways show': {
    calls: ['getGateway', 'listGateways'],
    json: { members: { gateway: { answer: 'getGateway' } } },
    see: ['gateways list', 'pools', 'operations.md'],
  },
  'gateways enrol': {
    calls: ['createEnrolmentCode'],
    json: { answer: 'createEnrolmentCode' },
    see: ['gateways', 'operations.md', 'security.md'],
  },
  'gateways rename': {
    calls: ['renameGateway', 'listGateways'],
    json: { answer: 'renameGateway' },
    see: ['gateways', 'operations.md'],
  },
  'gateways set': {
    calls: ['setGateway', 'listGateways'],
    json: { answer: 'setGateway' },
    see: ['maintenance', 'gateways', 'maintenance.md'],
  },
  'gateways rotate-key': {
    calls: ['askNewKey', 'listGateways'],
    json: { answer: 'askNewKey' },
    see: ['gateways', 'gateways revoke', 'security.md'],
  },
  'gateways revoke': {
    calls: ['revokeGateway', 'listGateways'],
    json: { answer: 'revokeGateway' },
    see: ['gateways enrol', 'gateways rotate-key', 'security.md'],
  },
  'tokens create': {
    calls: ['createToken'],
    json: { answer: 'createToken' },
    see: ['tokens revoke', 'who-may.md', 'api.md'],
  },
  'tokens list': {
    calls: ['listTokens'],
    json: { members: { tokens: { all: 'listTokens' } } },
    see: ['tokens create', 'tokens revoke', 'who-may.md'],
  },
  'tokens revoke': {
    calls: ['revokeToken'],
    json: { answer: 'revokeToken' },
    see: ['tokens list', 'who-may.md'],
  },
  'audit list': {
    calls: ['listAudit'],
    json: { members: { records: { all: 'listAudit' } } },
    see: ['audit verify', 'security.md'],
  },
  'audit verify': {
    calls: ['listAudit'],
    json: {
      told: 'One document: {"chains": [{"chain", "records", "copied", "findings", "lastCopy", "waiting"}]}; counts are of records, times ms since 1970.',
    },
    needs: [
      'To compare with a copy, the right to read it where it lies; S3 with the usual AWS environment.',
    ],
    exits: { damaged: 'records were changed, dropped, moved or cut off' },
    see: ['audit list', 'security.md'],
  },
  'region status': {
    calls: ['getRegion'],
    json: { answer: 'getRegion' },
    see: ['region take-over', 'second-region.md'],
  },
  'region take-over': {
    calls: ['takeOverRegion'],
    json: { answer: 'takeOverRegion' },
    needs: [
      'The control plane of the region that is to be active: name its address in XENKEEP_URL.',
    ],
    see: ['region status', 'second-region.md', 'runbook.md'],
  },
  'channels list': {
    calls: ['listChannels'],
    json: { members: { channels: { all: 'listChannels' } } },
    see: ['channels add', 'notifications', 'notifications.md'],
  },
  'channels add': {
    calls: ['createChannel', 'putChannel', 'listChannels'],
    json: { answer: 'createChannel' },
    needs: ['Passwords and keys are named by their secret, never written into the file.'],
    see: ['channels test', 'notifications settings', 'notifications.md'],
  },
  'channels show': {
    calls: ['listChannels'],
    json: { answer: 'getChannel' },
    see: ['channels list', 'channels test', 'notifications.md'],
  },
  'channels test': {
    calls: ['testChannel', 'getNotification', 'listChannels'],
    json: { answer: 'getNotification' },
    exits: { failed: 'the message did not get through' },
    see: ['channels show', 'notifications', 'notifications.md'],
  },
  'channels remove': {
    calls: ['deleteChannel', 'listChannels'],
    json: { answer: 'deleteChannel' },
    see: ['channels list', 'notifications settings', 'notifications.md'],
  },
  notifications: {
    calls: ['listNotifications'],
    json: { members: { notifications: { all: 'listNotifications' } } },
    see: ['notifications show', 'channels list', 'notifications.md'],
  },
  'notifications show': {
    calls: ['getNotification'],
    json: { answer: 'getNotification' },
    see: ['notifications', 'channels show', 'notifications.md'],
  },
  'notifications settings': {
    calls: ['getNotificationSettings'],
    callsWith: { '--set': ['putNotificationSettings'] },
    json: {
      told: 'One document: what GET /v1/notification-settings answers, which --set takes; with --set {"saved": true} (docs/openapi.json).',
    },
    see: ['channels list', 'notifications', 'notifications.md'],
  },
}
