import type { NotificationEvent } from '../../contracts/notifications.ts'
import type { Context } from '../series.ts'
import type { Document, Manner } from './document.ts'
import { unusualChangeFound } from './of-change.ts'
import {
  approvalAsked,
  channelTest,
  damageFound,
  gatewayBack,
  gatewaySilent,
  ofAnotherVersion,
  regionTakenOver,
  scheduleMissed,
  summary,
  vmUnprotected,
} from './of-others.ts'
import { reportDocument } from './of-report.ts'
import { runDocument } from './of-run.ts'

/** What is said of an event: pure, so that the same event reads the same on each channel and each try. */
export const compose = (event: NotificationEvent, context: Context, manner: Manner): Document => {
  switch (event.kind) {
    case 'run-succeeded':
    case 'run-warning':
    case 'run-failed':
      return runDocument(event, context, manner)
    case 'schedule-missed':
      return scheduleMissed(event, context, manner)
    case 'gateway-silent':
      return gatewaySilent(event, manner)
    case 'gateway-back':
      return gatewayBack(event, manner)
    case 'vm-unprotected':
      return vmUnprotected(event, manner)
    case 'damage-found':
      return damageFound(event, context, manner)
    case 'unusual-change':
      return unusualChangeFound(event, manner)
    case 'restore-approval-asked':
      return approvalAsked(event, manner)
    case 'region-taken-over':
      return regionTakenOver(event, manner)
    case 'daily-report':
      return reportDocument(event, manner)
    case 'channel-test':
      return channelTest(event, manner)
    case 'summary':
      return summary(event, manner)
    default:
      return ofAnotherVersion(event)
  }
}
