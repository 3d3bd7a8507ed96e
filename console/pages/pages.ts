import { type ComponentType, lazy } from 'react'
import type { RouteName } from '#core/contracts/routes.ts'
import { navigation } from '../text/navigation.ts'

export interface PageRoute {
  /** As wouter reads it: `/vms/:vmUuid`. */
  path: string
  title: string
  /** Where the menu shows it; left out of pages that others lead to. */
  section?: 'first' | 'protect' | 'recover' | 'system'
  /** What it is there for: whose role does not suffice for that is told so at once. */
  needs?: RouteName
  /** Its parameters arrive as properties. */
  Page: ComponentType<Record<string, string>>
}

const loads = new WeakMap<object, () => Promise<unknown>>()

/** Loads a page when it is first seen. */
const page = (load: () => Promise<{ Page: ComponentType<never> }>) => {
  const Page = lazy(async () => ({
    default: (await load()).Page as ComponentType<Record<string, string>>,
  }))
  loads.set(Page, load)
  return Page
}

/** Begins to load a page that is about to be seen; what becomes of it, the page itself tells when it is shown. */
export const preload = (route: PageRoute | undefined): void => {
  if (route)
    loads
      .get(route.Page)?.()
      .catch(() => undefined)
}

/** Every page of the console, in the order of the menu. */
export const pages: readonly PageRoute[] = [
  {
    path: '/',
    title: navigation.overview,
    section: 'first',
    Page: page(() => import('./overview/overview-page.tsx')),
  },
  {
    path: '/vms',
    title: navigation.vms,
    section: 'protect',
    Page: page(() => import('./vms/vms-page.tsx')),
  },
  {
    path: '/vms/:vmUuid',
    title: navigation.vm,
    Page: page(() => import('./vms/vm-page.tsx')),
  },
  {
    path: '/sites',
    title: navigation.sites,
    section: 'protect',
    Page: page(() => import('./sites/sites-page.tsx')),
  },
  {
    path: '/sites/new',
    title: navigation.newSite,
    needs: 'createSite',
    Page: page(() => import('./sites/new-site-page.tsx')),
  },
  {
    path: '/sites/:siteId',
    title: navigation.site,
    Page: page(() => import('./sites/site-page.tsx')),
  },
  {
    path: '/sites/:siteId/edit',
    title: navigation.editSite,
    needs: 'putSite',
    Page: page(() => import('./sites/edit-site-page.tsx')),
  },
  {
    path: '/sites/:siteId/points/:sitePointId',
    title: navigation.sitePoint,
    Page: page(() => import('./sites/site-point-page.tsx')),
  },
  {
    path: '/sites/:siteId/restores/:restoreId',
    title: navigation.siteRestore,
    Page: page(() => import('./sites/site-restore-page.tsx')),
  },
  {
    path: '/guests',
    title: navigation.guests,
    section: 'protect',
    Page: page(() => import('./guests/guests-page.tsx')),
  },
  {
    path: '/guests/:guestUuid',
    title: navigation.guest,
    Page: page(() => import('./guests/guest-page.tsx')),
  },
  {
    path: '/guests/:guestUuid/restore/:componentPointId',
    title: navigation.restoreComponent,
    needs: 'startRun',
    Page: page(() => import('./guests/restore-page.tsx')),
  },
  {
    path: '/policies',
    title: navigation.policies,
    section: 'protect',
    Page: page(() => import('./policies/policies-page.tsx')),
  },
  {
    path: '/policies/new',
    title: navigation.newPolicy,
    needs: 'createPolicy',
    Page: page(() => import('./policies/new-policy-page.tsx')),
  },
  {
    path: '/policies/:policyId',
    title: navigation.policy,
    Page: page(() => import('./policies/policy-page.tsx')),
  },
  {
    path: '/policies/:policyId/edit',
    title: navigation.editPolicy,
    needs: 'putPolicy',
    Page: page(() => import('./policies/edit-policy-page.tsx')),
  },
  {
    path: '/runs',
    title: navigation.runs,
    section: 'protect',
    Page: page(() => import('./runs/runs-page.tsx')),
  },
  {
    path: '/runs/:runId',
    title: navigation.run,
    Page: page(() => import('./runs/run-page.tsx')),
  },
  {
    path: '/repository',
    title: navigation.repository,
    section: 'system',
    Page: page(() => import('./repository/repository-page.tsx')),
  },
  {
    path: '/repository/holds',
    title: navigation.holds,
    Page: page(() => import('./repository/holds-page.tsx')),
  },
  {
    path: '/restore',
    title: navigation.restore,
    section: 'recover',
    needs: 'startRun',
    Page: page(() => import('./restore/restore-page.tsx')),
  },
  {
    path: '/files',
    title: navigation.files,
    section: 'recover',
    needs: 'askFiles',
    Page: page(() => import('./files/files-page.tsx')),
  },
  {
    path: '/replication',
    title: navigation.replication,
    section: 'recover',
    Page: page(() => import('./replication/replication-page.tsx')),
  },
  {
    path: '/replication/new',
    title: navigation.newStandby,
    Page: page(() => import('./replication/new-replica-page.tsx')),
  },
  {
    path: '/replication/:replicaId',
    title: navigation.standby,
    Page: page(() => import('./replication/replica-page.tsx')),
  },
  {
    path: '/replication/:replicaId/edit',
    title: navigation.changeStandby,
    Page: page(() => import('./replication/edit-replica-page.tsx')),
  },
  {
    path: '/boot-checks',
    title: navigation.bootChecks,
    section: 'recover',
    Page: page(() => import('./boot-checks/boot-checks-page.tsx')),
  },
  {
    path: '/boot-checks/:pointId',
    title: navigation.proof,
    Page: page(() => import('./boot-checks/proof-page.tsx')),
  },
  {
    path: '/gateways',
    title: navigation.gateways,
    section: 'system',
    Page: page(() => import('./gateways/gateways-page.tsx')),
  },
  {
    path: '/gateways/:gatewayId',
    title: navigation.gateway,
    Page: page(() => import('./gateways/gateway-page.tsx')),
  },
  {
    path: '/notifications',
    title: navigation.notifications,
    section: 'system',
    Page: page(() => import('./notifications/notifications-page.tsx')),
  },
  {
    path: '/audit',
    title: navigation.audit,
    section: 'system',
    needs: 'listAudit',
    Page: page(() => import('./audit/audit-page.tsx')),
  },
  {
    path: '/settings',
    title: navigation.settings,
    section: 'system',
    Page: page(() => import('./settings/settings-page.tsx')),
  },
]
