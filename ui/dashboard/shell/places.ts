/** The pages of the navigation. `letter` opens one, after `g`. */
export const places = [
  { to: '/', title: 'Overview', letter: 'o' },
  { to: '/deliveries', title: 'Deliveries', letter: 'd' },
  { to: '/replays', title: 'Replays', letter: 'r' },
  { to: '/endpoints', title: 'Endpoints', letter: 'e' },
  { to: '/tenants', title: 'Tenants', letter: 't' },
  { to: '/dialects', title: 'Dialects', letter: 'i' },
  { to: '/audit', title: 'Audit', letter: 'a' },
  { to: '/operator-keys', title: 'Operator keys', letter: 'k' },
  { to: '/system', title: 'System', letter: 's' },
] as const
