//! A tab's page: storage, clock, randomness, address bar and ears, all in memory.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use ed25519_compact::{PublicKey, Signature};
use portcullis::{
    error::{Code, Place, Result},
    jose::{
        alg::{Alg, Hash},
        jws::SignatureCheck,
    },
    platform::{
        Area, Clock, Crypto, Event, Events, Http, Navigator, Probe, Probed, Probes, Random, Watch,
    },
    protocol::http::{HttpRequest, HttpResponse},
};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Inner, Keys, Sealed, Storage, Turns, Waiting, Window, Windows, run::yield_now};

/// What the random source does.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Randomness {
    #[default]
    Works,
    Zeros,
    Broken,
}

/// A page, seen from the client and from the test.
#[derive(Clone)]
pub struct Page(Rc<State>);

pub struct State {
    pub(super) world: Rc<Inner>,
    /// Tells pages apart.
    pub number: u32,
    /// Whether the page is just vanishing, and can do nothing any more.
    pub is_vanishing: Cell<bool>,
    pub(super) session: RefCell<BTreeMap<String, String>>,
    /// Whether sessions live in the storage that every tab sees.
    pub device: Cell<bool>,
    pub storage: Cell<Storage>,
    /// What this page knows of a session that is sealed before it is stored; none if none is.
    pub(super) sealed: RefCell<Option<Sealed>>,
    /// What an application's own store was seen to hold for every tab, if it answers later.
    pub mirror: RefCell<Option<BTreeMap<String, String>>>,
    pub location: RefCell<Option<String>>,
    pub secure: Cell<bool>,
    /// Whether the user has just clicked.
    pub clicked: Cell<bool>,
    pub framed: Cell<bool>,
    /// Whether it is in a frame of its own portal's, or anybody's.
    pub in_frame: Cell<bool>,
    pub keys_are: Cell<Keys>,
    /// Whether no more of the module can be loaded.
    pub is_cut_off: Cell<bool>,
    /// Happens while the rest of it is loaded.
    pub meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
    /// How often the rest of it was asked for.
    pub loads: Cell<u32>,
    /// Whether there are hashes.
    pub hashes: Cell<bool>,
    pub navigations: RefCell<Vec<String>>,
    pub windows: RefCell<Vec<Window>>,
    pub windows_are: Cell<Windows>,
    /// Whether the application's own way to leave the page fails.
    pub stays: Cell<bool>,
    /// How often calls were given up, and who wants to know.
    given_up: Cell<u32>,
    waiting_to_give_up: RefCell<Vec<Waker>>,
    /// The name under which this page hears other tabs.
    pub channel: RefCell<Option<String>>,
    /// When this page is to be woken, in milliseconds since 1970.
    pub wake_at: Cell<Option<i64>>,
    /// How often the user is looked at, in milliseconds.
    pub user_watched: Cell<Option<i64>>,
    /// The provider's frame, and what it is asked.
    pub provider_watched: RefCell<Option<(String, String)>>,
    /// How often this page asked the other tabs to look.
    pub told: Cell<u32>,
    pub events: RefCell<Vec<(Event, String)>>,
    /// Runs at the next event, before anything else does.
    pub listener: RefCell<Option<Box<dyn FnOnce()>>>,
    pub warnings: RefCell<Vec<&'static str>>,
    /// What a diagnosis sees, by what is looked at; what is not here is as it should be.
    pub probes: RefCell<BTreeMap<String, Probed>>,
}

impl std::ops::Deref for Page {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page")
    }
}

impl Page {
    pub fn new(world: Rc<Inner>, url: &str) -> Self {
        let number = world.draw_ticket();
        let page = Rc::new(State {
            world,
            number,
            is_vanishing: Cell::new(false),
            session: RefCell::default(),
            device: Cell::new(false),
            storage: Cell::default(),
            sealed: RefCell::default(),
            mirror: RefCell::default(),
            location: RefCell::new(Some(url.into())),
            secure: Cell::new(true),
            clicked: Cell::new(true),
            framed: Cell::new(false),
            in_frame: Cell::new(false),
            keys_are: Cell::default(),
            is_cut_off: Cell::default(),
            meanwhile: RefCell::default(),
            loads: Cell::default(),
            hashes: Cell::new(true),
            navigations: RefCell::default(),
            windows: RefCell::default(),
            windows_are: Cell::default(),
            stays: Cell::default(),
            given_up: Cell::default(),
            waiting_to_give_up: RefCell::default(),
            channel: RefCell::default(),
            told: Cell::default(),
            wake_at: Cell::default(),
            user_watched: Cell::default(),
            provider_watched: RefCell::default(),
            events: RefCell::default(),
            listener: RefCell::default(),
            warnings: RefCell::default(),
            probes: RefCell::default(),
        });
        page.world.pages.borrow_mut().push(Rc::downgrade(&page));
        Self(page)
    }

    /// Gives up the calls that are under way now.
    pub fn give_up(&self) {
        let waiting = self.waiting_to_give_up.take();
        self.given_up.set(self.given_up.get() + 1);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The windows of this origin that somebody waits for.
    pub fn waiting(&self) -> &Waiting {
        &self.world.waiting
    }

    /// The other pages of this origin that are open.
    pub fn siblings(&self) -> Vec<Self> {
        let mut open = open_pages(&self.world);
        open.retain(|page| !Rc::ptr_eq(&page.0, &self.0));
        open
    }

    pub fn hears(&self, name: &str) -> bool {
        self.channel.borrow().as_deref() == Some(name)
    }

    /// What this tab alone has stored.
    pub fn own(&self, key: &str) -> Option<String> {
        self.session.borrow().get(key).cloned()
    }

    /// Everything this tab alone has stored.
    pub fn own_texts(&self) -> Vec<String> {
        self.session.borrow().values().cloned().collect()
    }

    /// Gives another tab a copy of what this one has stored, as a browser does that duplicates it.
    pub fn copy_to(&self, other: &Self) {
        other.session.replace(self.session.borrow().clone());
    }

    /// Where the client of this page keeps its record of that name.
    pub fn key(&self, name: &str) -> String {
        let session = self.channel.borrow().clone();
        session.expect("a client").replace("session", name)
    }

    /// The client's record of that name; empty if there is none.
    pub fn record(&self, name: &str) -> String {
        self.stored().remove(&self.key(name)).unwrap_or_default()
    }

    /// The kinds of the events since the last call.
    pub fn take_event_kinds(&self) -> Vec<Event> {
        let events = self.take_events().into_iter();
        events.map(|(event, _)| event).collect()
    }

    pub fn turns(&self) -> Rc<Turns> {
        self.world.turns.clone()
    }

    pub fn next_ticket(&self) -> u32 {
        self.world.draw_ticket()
    }

    /// Everything that is stored where this page can see it.
    pub fn stored(&self) -> BTreeMap<String, String> {
        let mut all = self.world.shared.borrow().clone();
        all.extend(self.session.borrow().clone());
        all
    }

    /// Writes behind the client's back.
    pub fn plant(&self, area: Area, key: &str, value: &str) {
        self.area(area)
            .borrow_mut()
            .insert(key.into(), value.into());
    }

    /// The events since the last call, without those that only say that the state changed.
    pub fn take_events(&self) -> Vec<(Event, Value)> {
        let events = self
            .events
            .take()
            .into_iter()
            .filter(|(event, _)| *event != Event::State);
        events
            .map(|(event, detail)| (event, serde_json::from_str(&detail).unwrap()))
            .collect()
    }
}

/// The pages of the origin that there are.
pub fn open_pages(world: &Inner) -> Vec<Page> {
    let pages = world.pages.borrow();
    let open = pages.iter().filter_map(std::rc::Weak::upgrade);
    open.map(Page).collect()
}

impl Http for Page {
    async fn send(&self, request: HttpRequest, seconds: u32) -> Result<HttpResponse> {
        let live = self.world.live.borrow().clone();
        match live {
            Some(live) => live.answer(self, request, seconds).await,
            None => self.world.network.send(request, seconds).await,
        }
    }
}

impl Clock for Page {
    fn millis(&self) -> i64 {
        self.world.millis.get()
    }

    fn steady(&self) -> i64 {
        self.world.steady.get()
    }
}

impl Random for Page {
    fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        match self.world.randomness.get() {
            Randomness::Works => bytes.fill_with(|| self.world.draw()),
            Randomness::Zeros => bytes.fill(0),
            Randomness::Broken => return Err(Code::Entropy.into()),
        }
        Ok(())
    }
}

/// Signatures by an implementation that is not ours; of all algorithms it has Ed25519.
impl Crypto for Page {
    async fn verify(&self, check: &SignatureCheck<'_>) -> Result<bool> {
        yield_now().await;
        if !matches!(check.alg, Alg::EdDsa | Alg::Ed25519) {
            return Err(Code::Unsupported.at(Place::Alg));
        }
        let key = PublicKey::from_slice(check.key.x()).unwrap();
        let signature = Signature::from_slice(check.signature).unwrap();
        Ok(key.verify(check.signing_input, &signature).is_ok())
    }

    async fn digest(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>> {
        yield_now().await;
        match hash {
            _ if !self.hashes.get() => Err(Code::Unsupported.at(Place::AtHash)),
            Hash::Sha256 => Ok(Sha256::digest(data).to_vec()),
            Hash::Sha384 => Ok(Sha384::digest(data).to_vec()),
            Hash::Sha512 => Ok(Sha512::digest(data).to_vec()),
        }
    }
}

impl Navigator for Page {
    fn location(&self) -> Option<String> {
        self.location.borrow().clone()
    }

    fn is_secure(&self) -> bool {
        self.secure.get()
    }

    fn is_user_active(&self) -> bool {
        self.clicked.get()
    }

    fn is_framed_by_stranger(&self) -> bool {
        self.framed.get()
    }

    fn is_framed(&self) -> bool {
        self.in_frame.get() || self.framed.get()
    }

    fn replace_location(&self, url: &str) {
        self.location.replace(Some(url.into()));
    }

    fn navigate(&self, url: &str) -> Result<()> {
        if self.stays.get() {
            return Err(Code::Unsupported.into());
        }
        self.navigations.borrow_mut().push(url.into());
        Ok(())
    }

    async fn given_up(&self) {
        let before = self.given_up.get();
        poll_fn(|context| {
            let mut waiting = self.waiting_to_give_up.borrow_mut();
            waiting.push(context.waker().clone());
            if self.given_up.get() > before {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

impl Probes for Page {
    async fn probe(&self, probe: Probe<'_>) -> Probed {
        yield_now().await;
        let what = match probe {
            Probe::Reach(url) => url,
            Probe::Compile => "compile",
            Probe::Inflate => "inflate",
            Probe::Locks => "locks",
        };
        let seen = self.probes.borrow().get(what).cloned();
        seen.unwrap_or(Probed::Yes)
    }
}

impl Watch for Page {
    fn wake_in(&self, millis: i64) {
        self.wake_at.set(Some(self.world.millis.get() + millis));
    }

    fn watch_user(&self, millis: i64) {
        self.user_watched.set(Some(millis));
    }

    async fn watch_provider(&self, url: &str, message: &str) -> Result<()> {
        yield_now().await;
        if self.windows_are.get() == Windows::Foreign {
            return Err(Code::Unsupported.into());
        }
        self.provider_watched
            .replace(Some((url.into(), message.into())));
        Ok(())
    }
}

impl Events for Page {
    fn emit(&self, event: Event, detail: &str) {
        self.events.borrow_mut().push((event, detail.into()));
        if let Some(listener) = self.listener.take() {
            listener();
        }
    }

    fn warn(&self, text: &'static str) {
        self.warnings.borrow_mut().push(text);
    }
}
