import TopNavigation, {
  type TopNavigationProps,
} from '@cloudscape-design/components/top-navigation'
import { useLocation } from 'wouter'
import { useApi, useCaller } from '../api/context.tsx'
import { usePreferences } from '../components/preferences.tsx'
import { shell } from '../text/shell.ts'

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

export const TopBar = () => {
  const [, go] = useLocation()
  const { session } = useApi()
  const { name, role } = useCaller()
  const { preferences, prefer } = usePreferences()
  const { theme, times } = preferences

  const choice = (id: string, text: string, chosen: boolean) => ({
    id,
    text,
    itemType: 'checkbox' as const,
    checked: chosen,
  })
  const account: TopNavigationProps.MenuDropdownUtility = {
    type: 'menu-dropdown',
    text: name,
    description: shell.roles[role],
    iconName: 'user-profile',
    ariaLabel: shell.account(name),
    items: [
      {
        text: shell.appearance,
        items: [
          choice('theme:system', shell.themes.system, theme === 'system'),
          choice('theme:light', shell.themes.light, theme === 'light'),
          choice('theme:dark', shell.themes.dark, theme === 'dark'),
        ],
      },
      {
        text: shell.times,
        items: [
          choice('times:browser', shell.timeZones.browser(ZONE), times === 'browser'),
          choice('times:utc', shell.timeZones.utc, times === 'utc'),
        ],
      },
      { id: 'sign-out', text: shell.signOut },
    ],
    onItemClick: ({ detail: { id } }) => {
      if (id === 'sign-out') void session.signOut()
      const [what, value] = id.split(':')
      if (what === 'theme') prefer({ theme: value as typeof theme })
      if (what === 'times') prefer({ times: value as typeof times })
    },
  }
  return (
    <TopNavigation
      identity={{
        href: '/',
        title: shell.product,
        onFollow: event => {
          event.preventDefault()
          go('/')
        },
      }}
      utilities={[account]}
    />
  )
}
