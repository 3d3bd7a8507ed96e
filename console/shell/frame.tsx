import AppLayoutToolbar from '@cloudscape-design/components/app-layout-toolbar'
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import { Suspense, useState } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { NoticeBar } from '../components/notices.tsx'
import { PageMissing } from '../pages/page-missing.tsx'
import { pages } from '../pages/pages.ts'
import { shell } from '../text/shell.ts'
import { Menu } from './menu.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { PageLoading } from './page-loading.tsx'
import { TopBar } from './top-bar.tsx'
import { trailOf } from './trail.ts'

/** What stands around every page. */
export const Frame = () => {
  const [path, go] = useLocation()
  const [menuOpen, setMenuOpen] = useState(true)
  const trail = trailOf(path)
  return (
    <>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayoutToolbar
        headerSelector="#top-bar"
        navigation={<Menu />}
        navigationOpen={menuOpen}
        onNavigationChange={({ detail }) => setMenuOpen(detail.open)}
        toolsHide
        notifications={<NoticeBar />}
        breadcrumbs={
          trail.length > 1 ? (
            <BreadcrumbGroup
              items={trail}
              onFollow={event => {
                event.preventDefault()
                go(event.detail.href)
              }}
            />
          ) : undefined
        }
        ariaLabels={{
          navigation: shell.navigation,
          navigationToggle: shell.menu,
          navigationClose: shell.closeMenu,
        }}
        content={
          <PageBoundary key={path}>
            <Suspense fallback={<PageLoading />}>
              <Switch>
                {pages.map(({ path: pattern, Page }) => (
                  <Route key={pattern} path={pattern}>
                    {params => <Page {...(params as Record<string, string>)} />}
                  </Route>
                ))}
                <Route>
                  <PageMissing />
                </Route>
              </Switch>
            </Suspense>
          </PageBoundary>
        }
      />
    </>
  )
}
