// The paths of the portal, below `/portal/{dialect}`.

import { createRootRoute, createRoute, createRouter, Link } from '@tanstack/react-router'
import { Empty, Failure } from '../shared/parts/Notice.tsx'
import { Deliveries } from './pages/Deliveries.tsx'
import { DeliveryPage } from './pages/DeliveryPage.tsx'
import { EndpointPage } from './pages/EndpointPage.tsx'
import { Endpoints } from './pages/Endpoints.tsx'
import { EventTypes } from './pages/EventTypes.tsx'
import { Verify } from './pages/Verify.tsx'
import { dialectInAddress } from './shell/session.ts'
import { Shell } from './shell/Shell.tsx'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <Link to="/">Back to your endpoints</Link>
    </Empty>
  ),
  errorComponent: ({ error }) => <Failure error={error} retry={() => location.reload()} />,
})
const page = { getParentRoute: () => root } as const

const routeTree = root.addChildren([
  createRoute({ ...page, path: '/', component: Endpoints }),
  createRoute({ ...page, path: '/endpoints/$endpoint', component: EndpointPage }),
  createRoute({ ...page, path: '/deliveries', component: Deliveries }),
  createRoute({ ...page, path: '/deliveries/$delivery', component: DeliveryPage }),
  createRoute({ ...page, path: '/event-types', component: EventTypes }),
  createRoute({ ...page, path: '/verify', component: Verify }),
])

export const router = createRouter({ routeTree, basepath: `/portal/${dialectInAddress}` })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
