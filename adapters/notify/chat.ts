import { slackMessage } from '#core/notifications/text/slack.ts'
import { teamsMessage } from '#core/notifications/text/teams.ts'
import type { Secrets } from '#core/ports.ts'
import { postJson, type Reach } from './post-json.ts'
import type { Sender } from './senders.ts'

interface Given {
  secrets: Secrets
  reach: Reach
}

/** Incoming webhooks of Slack. */
export const slackSender =
  ({ secrets, reach }: Given): Sender<'slack'> =>
  async ({ url }, { document }) =>
    postJson({ url: await secrets.read(url), body: JSON.stringify(slackMessage(document)) }, reach)

/** Webhooks of Teams' Workflows. */
export const teamsSender =
  ({ secrets, reach }: Given): Sender<'teams'> =>
  async ({ url }, { document }) =>
    postJson({ url: await secrets.read(url), body: JSON.stringify(teamsMessage(document)) }, reach)
