// The paths of the dashboard. Each page is loaded when it is opened for the first time.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from '@tanstack/react-router'
import { type Query, queryText } from '../shared/client.ts'
import { Empty, Failure } from '../shared/parts/Notice.tsx'
import { Shell } from './shell/Shell.tsx'

/** Search parameters as they are in the address: texts, and lists of texts. */
export type Search = Readonly<Record<string, string | readonly string[] | undefined>>

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <Link to="/">Back to the overview</Link>
    </Empty>
  ),
  errorComponent: ({ error }) => <Failure error={error} retry={() => location.reload()} />,
})

const page = { getParentRoute: () => root, validateSearch: (search: Search): Search => search } as const

const routeTree = root.addChildren([
  createRoute({
    ...page,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/overview/Overview.tsx'), 'Overview'),
  }),
  createRoute({
    ...page,
    path: '/deliveries',
    component: lazyRouteComponent(() => import('./pages/deliveries/Deliveries.tsx'), 'Deliveries'),
  }),
  createRoute({
    ...page,
    path: '/deliveries/$delivery',
    component: lazyRouteComponent(() => import('./pages/deliveries/DeliveryPage.tsx'), 'DeliveryPage'),
  }),
  createRoute({
    ...page,
    path: '/events/$event',
    component: lazyRouteComponent(() => import('./pages/deliveries/EventPage.tsx'), 'EventPage'),
  }),
  createRoute({
    ...page,
    path: '/replays',
    component: lazyRouteComponent(() => import('./pages/replays/Replays.tsx'), 'Replays'),
  }),
  createRoute({
    ...page,
    path: '/replays/new',
    component: lazyRouteComponent(() => import('./pages/replays/NewReplay.tsx'), 'NewReplay'),
  }),
  createRoute({
    ...page,
    path: '/replays/$replay',
    component: lazyRouteComponent(() => import('./pages/replays/ReplayPage.tsx'), 'ReplayPage'),
  }),
  createRoute({
    ...page,
    path: '/endpoints',
    component: lazyRouteComponent(() => import('./pages/endpoints/Endpoints.tsx'), 'Endpoints'),
  }),
  createRoute({
    ...page,
    path: '/tenants',
    component: lazyRouteComponent(() => import('./pages/tenants/Tenants.tsx'), 'Tenants'),
  }),
  createRoute({
    ...page,
    path: '/tenants/$tenant',
    component: lazyRouteComponent(() => import('./pages/tenants/TenantPage.tsx'), 'TenantPage'),
  }),
  createRoute({
    ...page,
    path: '/tenants/$tenant/endpoints/$endpoint',
    component: lazyRouteComponent(() => import('./pages/endpoints/EndpointPage.tsx'), 'EndpointPage'),
  }),
  createRoute({
    ...page,
    path: '/dialects',
    component: lazyRouteComponent(() => import('./pages/dialects/Dialects.tsx'), 'Dialects'),
  }),
  createRoute({
    ...page,
    path: '/dialects/$dialect',
    component: lazyRouteComponent(() => import('./pages/dialects/DialectPage.tsx'), 'DialectPage'),
  }),
  createRoute({
    ...page,
    path: '/audit',
    component: lazyRouteComponent(() => import('./pages/audit/Audit.tsx'), 'Audit'),
  }),
  createRoute({
    ...page,
    path: '/operator-keys',
    component: lazyRouteComponent(() => import('./pages/operator-keys/OperatorKeys.tsx'), 'OperatorKeys'),
  }),
  createRoute({
    ...page,
    path: '/system',
    component: lazyRouteComponent(() => import('./pages/system/System.tsx'), 'System'),
  }),
])

export const router = createRouter({
  routeTree,
  basepath: '/dashboard',
  defaultPreload: 'intent',
  // Search parameters stay plain text, so that a link can be read and shared.
  parseSearch: (text) => {
    const found = new Map<string, string[]>()
    for (const [name, value] of new URLSearchParams(text)) found.set(name, [...(found.get(name) ?? []), value])
    return Object.fromEntries([...found].map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
  },
  stringifySearch: (search) => queryText(search as Query),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
