import SideNavigation, {
  type SideNavigationProps,
} from '@cloudscape-design/components/side-navigation'
import { useLocation } from 'wouter'
import { pages } from '../pages/pages.ts'
import { navigation } from '../text/navigation.ts'
import { shell } from '../text/shell.ts'

const link = ({ path, title }: { path: string; title: string }) => ({
  type: 'link' as const,
  text: title,
  href: path,
})

const section = (name: 'protect' | 'recover' | 'system'): SideNavigationProps.Item[] => {
  const items = pages.filter(page => page.section === name).map(link)
  return items.length === 0 ? [] : [{ type: 'section', text: navigation[name], items }]
}

const ITEMS: SideNavigationProps.Item[] = [
  ...pages.filter(page => page.section === 'first').map(link),
  ...section('protect'),
  ...section('recover'),
  ...section('system'),
]

export const Menu = () => {
  const [path, go] = useLocation()
  const active = `/${path.split('/')[1] ?? ''}`
  return (
    <SideNavigation
      header={{ href: '/', text: shell.product }}
      items={ITEMS}
      activeHref={active}
      onFollow={event => {
        if (event.detail.external) return
        event.preventDefault()
        go(event.detail.href)
      }}
    />
  )
}
