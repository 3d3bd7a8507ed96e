import { type ComponentType, lazy } from 'react'
import { navigation } from '../text/navigation.ts'

export interface PageRoute {
  /** As wouter reads it: `/vms/:vmUuid`. */
  path: string
  title: string
  /** Where the menu shows it; left out of pages that others lead to. */
  section?: 'first' | 'protect' | 'recover' | 'system'
  /** Its parameters arrive as properties. */
  Page: ComponentType<Record<string, string>>
}

/** Loads a page when it is first seen. */
const page = (load: () => Promise<{ Page: ComponentType<never> }>) =>
  lazy(async () => ({ default: (await load()).Page as ComponentType<Record<string, string>> }))

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
    path: '/policies',
    title: navigation.policies,
    section: 'protect',
    Page: page(() => import('./policies/policies-page.tsx')),
  },
  {
    path: '/policies/new',
    title: navigation.newPolicy,
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
    Page: page(() => import('./restore/restore-page.tsx')),
  },
  {
    path: '/gateways',
    title: navigation.gateways,
    section: 'system',
    Page: page(() => import('./gateways/gateways-page.tsx')),
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
    Page: page(() => import('./audit/audit-page.tsx')),
  },
  {
    path: '/settings',
    title: navigation.settings,
    section: 'system',
    Page: page(() => import('./settings/settings-page.tsx')),
  },
]
