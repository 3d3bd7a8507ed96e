import { slackMessage } from '#core/notifications/text/slack.ts'
import { teamsMessage } from '#core/notifications/text/teams.ts'
import type { Secrets } from '#core/ports.ts'
import { postJson } from './post-json.ts'
import type { Sender } from './senders.ts'
import type { WebCall } from './web-call.ts'

interface Given {
  secrets: Secrets
  call: WebCall
}

/** Incoming webhooks of Slack. */
export const slackSender =
  ({ secrets, call }: Given): Sender<'slack'> =>
  async ({ url }, { document }) =>
    postJson({ url: await secrets.read(url), body: JSON.stringify(slackMessage(document)) }, call)

/** Webhooks of Teams' Workflows. */
export const teamsSender =
  ({ secrets, call }: Given): Sender<'teams'> =>
  async ({ url }, { document }) =>
    postJson({ url: await secrets.read(url), body: JSON.stringify(teamsMessage(document)) }, call)
