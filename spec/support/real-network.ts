import nock from 'nock'

/** Takes nock's hands off `fetch` and `http` for a describe block: what is compared there is the platform itself. */
export function realNetwork(): void {
  before(() => {
    nock.restore()
  })
  after(() => {
    nock.activate()
  })
}
