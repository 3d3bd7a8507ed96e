import AppLayoutToolbar from '@cloudscape-design/components/app-layout-toolbar'
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import { Suspense, useState } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { goToHeadline, PAGE_ID } from '../components/headline.ts'
import { NoticeBar } from '../components/notices.tsx'
import { PageMissing } from '../pages/page-missing.tsx'
import { pages } from '../pages/pages.ts'
import { shell } from '../text/shell.ts'
import { Menu } from './menu.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { useKeptKeyboard, usePageChange } from './page-change.ts'
import { PageForRole } from './page-for-role.tsx'
import { PageLoading } from './page-loading.tsx'
import { TopBar } from './top-bar.tsx'
import { trailOf } from './trail.ts'
import './frame.css'
import './print.css'

/** What stands around every page. */
export const Frame = () => {
  const [path, go] = useLocation()
  const [menuOpen, setMenuOpen] = useState(true)
  const trail = trailOf(path)
  usePageChange(path)
  useKeptKeyboard()
  return (
    <>
      <a
        className="skip-link"
        href={`#${PAGE_ID}`}
        onClick={event => {
          event.preventDefault()
          goToHeadline()
        }}
      >
        {shell.skip}
      </a>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayoutToolbar
        headerSelector="#top-bar"
        navigation={<Menu />}
        navigationOpen={menuOpen}
        onNavigationChange={({ detail }) => setMenuOpen(detail.open)}
        toolsHide
        notifications={<NoticeBar path={path} />}
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
          <div id={PAGE_ID}>
            <PageBoundary key={path}>
              <Suspense fallback={<PageLoading />}>
                <Switch>
                  {pages.map(({ path: pattern, Page, ...page }) => (
                    <Route key={pattern} path={pattern}>
                      {params => (
                        <PageForRole {...page}>
                          <Page {...(params as Record<string, string>)} />
                        </PageForRole>
                      )}
                    </Route>
                  ))}
                  <Route>
                    <PageMissing />
                  </Route>
                </Switch>
              </Suspense>
            </PageBoundary>
          </div>
        }
      />
    </>
  )
}
