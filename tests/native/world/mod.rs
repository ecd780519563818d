//! A world made of memory: a network that follows a script, a clock moved by hand, randomness
//! from a seed, tabs that share an origin's storage.

mod ear;
pub mod form;
mod histories;
mod http;
mod keys;
mod page;
mod popups;
mod provider;
mod run;
mod scene;
mod store;
mod tab;
mod tabs;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

pub use self::{
    ear::*,
    form::{one, parse as parse_form},
    histories::*,
    http::*,
    keys::*,
    page::*,
    popups::*,
    provider::*,
    run::*,
    scene::*,
    store::*,
    tab::*,
    tabs::*,
};
use p256::ecdsa::SigningKey;
use portcullis::{error::Result, protocol::http::HttpResponse};
use serde_json::{Value, json};

/// When every test begins.
pub const NOW: i64 = 1_800_000_000;
/// Seconds after which a provider that failed once is asked again.
pub const PAUSE: i64 = 2;
pub const HOME: &str = "https://portal.example/desk?tab=1#top";
pub const REDIRECT: &str = "https://portal.example/callback";

pub struct World {
    inner: Rc<Inner>,
    pub signer: Signer,
}

pub struct Inner {
    pub network: Network,
    pub waiting: Waiting,
    pub turns: Rc<Turns>,
    pub tickets: Cell<u32>,
    /// Every page there has been.
    pub pages: RefCell<Vec<std::rc::Weak<State>>>,
    pub shared: RefCell<BTreeMap<String, String>>,
    /// What tokens are bound to.
    pub proof_keys: RefCell<BTreeMap<String, SigningKey>>,
    /// By the machine's clock, which can be set.
    pub millis: Cell<i64>,
    /// By the clock that nobody sets, which stands still while the machine sleeps.
    pub steady: Cell<i64>,
    /// Milliseconds that have really passed.
    pub elapsed: Cell<i64>,
    /// Who answers instead of the script, if anybody does.
    pub live: RefCell<Option<Rc<dyn Responder>>>,
    pub randomness: Cell<Randomness>,
    seed: Cell<u64>,
}

impl Inner {
    fn draw_ticket(&self) -> u32 {
        self.tickets.replace(self.tickets.get() + 1)
    }

    /// A byte of a sequence that only looks random.
    fn draw(&self) -> u8 {
        let seed = self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.seed.set(seed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()[0]
    }
}

impl World {
    pub fn new() -> Self {
        let inner = Inner {
            network: Network::default(),
            waiting: Waiting::default(),
            turns: Rc::default(),
            tickets: Cell::default(),
            pages: RefCell::default(),
            shared: RefCell::default(),
            proof_keys: RefCell::default(),
            millis: Cell::new(NOW * 1000),
            steady: Cell::new(0),
            elapsed: Cell::default(),
            live: RefCell::default(),
            randomness: Cell::default(),
            seed: Cell::new(7),
        };
        Self {
            inner: Rc::new(inner),
            signer: Signer::new(1),
        }
    }

    /// The next request goes to `url` and is answered so.
    pub fn expect(&self, url: &str, answer: Result<HttpResponse>) {
        self.inner.network.expect(url, answer, None);
    }

    /// The same, but the answer waits for the gate.
    pub fn expect_held(&self, url: &str, answer: Result<HttpResponse>) -> Gate {
        let gate = Gate::default();
        self.inner.network.expect(url, answer, Some(gate.clone()));
        gate
    }

    /// The provider describes itself and shows its keys.
    pub fn expect_discovery(&self) {
        self.expect_discovery_with(&json!({}));
    }

    /// The same, and it describes itself otherwise in some members.
    pub fn expect_discovery_with(&self, patch: &Value) {
        self.expect(DISCOVERY, ok(&patched(metadata(), patch)));
        self.expect(JWKS, ok(&self.signer.jwks()));
    }

    pub fn take_sent(&self) -> Vec<Sent> {
        self.inner.network.take_sent()
    }

    pub fn assert_all_used(&self) {
        self.inner.network.assert_all_used();
    }

    pub fn now(&self) -> i64 {
        self.inner.millis.get() / 1000
    }

    /// Lets time pass; less than none sets the clock back.
    pub fn advance(&self, seconds: i64) {
        self.set_clock(seconds);
        let passed = seconds.max(0) * 1000;
        self.inner.steady.set(self.inner.steady.get() + passed);
        self.inner.elapsed.set(self.inner.elapsed.get() + passed);
        self.inner.turns.wake();
    }

    /// Sets the clock forward or back by so many seconds, while no time passes.
    pub fn set_clock(&self, seconds: i64) {
        let millis = self.inner.millis.get() + seconds * 1000;
        self.inner.millis.set(millis);
        self.inner.turns.wake();
    }

    /// Lets time pass by the clock that can be set alone: the machine sleeps.
    pub fn sleep(&self, seconds: i64) {
        self.inner
            .elapsed
            .set(self.inner.elapsed.get() + seconds * 1000);
        self.set_clock(seconds);
    }

    /// The clocks, and what else there is one of.
    pub fn inner(&self) -> Rc<Inner> {
        self.inner.clone()
    }

    /// Every request goes to `live`, and none is in the script.
    pub fn answered_by(&self, live: Rc<dyn Responder>) {
        self.inner.live.replace(Some(live));
    }

    /// How tabs take turns.
    pub fn turns_are(&self, kind: TurnKind) {
        self.inner.turns.kind.set(kind);
    }

    pub fn randomness(&self, randomness: Randomness) {
        self.inner.randomness.set(randomness);
    }

    /// What every tab of the origin sees.
    pub fn shared(&self) -> std::cell::RefMut<'_, BTreeMap<String, String>> {
        self.inner.shared.borrow_mut()
    }

    pub fn page(&self) -> Page {
        Page::new(self.inner.clone(), HOME)
    }

    /// A tab with a page of the portal in it.
    pub fn tab(&self) -> Tab {
        self.tab_with(&json!({}))
    }

    /// A tab whose client has these options too.
    pub fn tab_with(&self, patch: &Value) -> Tab {
        Tab::load(self.page(), patched(options(), patch))
    }

    /// A good ID token for `nonce`, some claims changed.
    pub fn id_token(&self, nonce: &str, patch: &Value) -> String {
        self.signer
            .token(&patched(claims(nonce, self.now()), patch))
    }

    /// The code of a sign-in is redeemed for tokens, its ID token a good one with some claims changed.
    pub fn expect_tokens(&self, sign_in: &SignIn, patch: &Value) {
        let id_token = self.id_token(&sign_in.nonce, patch);
        self.expect(TOKEN, ok(&tokens(&id_token)));
    }

    /// Where a provider sends the page that signs what it answers (JARM): the claims of a good answer, some changed.
    pub fn signed_callback(&self, sign_in: &SignIn, patch: &Value) -> String {
        let claims = patched(response(&sign_in.state, self.now()), patch);
        responded(&self.signer.token(&claims))
    }

    /// Signs alice in: the whole way, with discovery if nothing is known yet.
    pub fn signed_in(&self, tab: &Tab, is_warm: bool) -> Tab {
        if !is_warm {
            self.expect_discovery();
        }
        let sign_in = tab.leave(&json!({}));
        let callback = if tab.takes_signed_responses() {
            self.signed_callback(&sign_in, &json!({}))
        } else {
            sign_in.callback(&[("code", CODE)])
        };
        let tab = tab.arrive(&callback);
        self.expect_tokens(&sign_in, &json!({}));
        tab.handle(&callback).expect("the sign-in succeeds");
        self.take_sent();
        tab.page.take_events();
        tab
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_all_used();
        }
    }
}

/// The least a portal says.
pub fn options() -> Value {
    json!({ "issuer": ISSUER, "clientId": CLIENT, "redirectUri": REDIRECT, "scope": "openid profile" })
}
