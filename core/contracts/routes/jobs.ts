import * as gateway from '../gateway-api.ts'
import * as heldLocks from '../held-locks.ts'
import * as siteRecall from '../site-plan-recall.ts'
import * as sitePoints from '../site-points.ts'
import { Nothing, type Routes } from './route.ts'

export const jobRoutes = {
  heartbeat: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/heartbeat',
    summary: 'Tells that a job goes on and how far it is; extends its lease.',
    audience: 'gateway',
    guests: true,
    query: Nothing,
    body: gateway.HeartbeatRequest,
    reply: gateway.HeartbeatReply,
  },
  confirmRemoval: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/removals',
    summary: 'Asks, right before a recovery point is removed, whether it may still go.',
    errors: ['REMOVAL_NOT_ASKED_FOR'],
    audience: 'gateway',
    query: Nothing,
    body: gateway.ConfirmRemovalRequest,
    reply: gateway.ConfirmRemovalReply,
  },
  confirmHeld: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/held',
    summary: 'Asks, right before a held recovery point is locked, until when it has to be.',
    audience: 'gateway',
    query: Nothing,
    body: heldLocks.ConfirmHeldRequest,
    reply: heldLocks.ConfirmHeldReply,
  },
  siteOfJob: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/site',
    summary: 'Tells the gateway that seals a site point what became of the members.',
    errors: ['SITE_PLAN_ELSEWHERE'],
    audience: 'gateway',
    query: Nothing,
    body: sitePoints.SiteOfJobRequest,
    reply: sitePoints.SiteOfJobReply,
  },
  tellSitePlan: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/site-plan',
    summary: 'Tells what the repository has of a site point whose run the catalog lost, in pieces.',
    errors: ['POINT_NOT_FOUND', 'SITE_PLAN_UNFIT'],
    audience: 'gateway',
    query: Nothing,
    body: siteRecall.TellSitePlanRequest,
    reply: siteRecall.TellSitePlanReply,
  },
  result: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/result',
    summary: 'Tells how a job ended; telling it again changes nothing.',
    errors: ['OUTCOME_MISMATCH'],
    audience: 'gateway',
    guests: true,
    query: Nothing,
    body: gateway.ResultRequest,
    reply: gateway.ResultReply,
  },
} as const satisfies Routes
