//! What goes wrong from outside, and what that excuses; and what a sign-out means for the books.

use super::{
    books::{Life, SCOPES},
    fleet::Fleet,
    server::Work,
    system::Call,
};

impl Fleet {
    /// The newest access token of a life is worth nothing any more.
    pub fn kill(&self, which: usize) {
        let mut lives = self.common.system.lives.borrow_mut();
        let length = lives.len().max(1);
        let life = lives.iter_mut().nth_back(which % length);
        if let Some(token) = life.and_then(|life| life.tokens.last_mut()) {
            token.is_dead = true;
        }
    }

    /// From now on servers that share a store cannot know everything, and what there is may be lost.
    pub fn excuse(&self) {
        if self.setting.is_shared {
            let system = &self.common.system;
            system.is_excused.set(true);
            for life in system.lives.borrow_mut().iter_mut() {
                life.is_excused = true;
            }
        }
    }

    pub fn damage(&self, which: usize) {
        let mut kept = self.common.kept.borrow_mut();
        let tokens = kept
            .iter_mut()
            .filter(|(_, (text, _))| text.contains(r#""token""#));
        if let Some((_, (text, _))) = tokens.into_iter().nth(which) {
            text.truncate(9);
            drop(kept);
            self.excuse();
        }
    }

    pub fn crash(&mut self, at: usize, arrived: bool) {
        let number = self.servers[at].host.number;
        self.drop_calls(|call| call.server == number, arrived);
        self.servers.remove(at);
        let lives = &self.common.system.lives;
        for life in lives
            .borrow_mut()
            .iter_mut()
            .filter(|life| life.home == Some(number))
        {
            life.is_gone = true;
        }
        self.note_losses(number);
        self.start(at);
    }

    pub fn abandon(&mut self, which: usize, arrived: bool) {
        let running = self.servers.iter_mut().flat_map(|server| {
            let number = server.host.number;
            server.running.iter_mut().map(move |it| (number, it))
        });
        let mut begun: Vec<_> = running
            .filter(|(_, it)| it.has_begun && !it.is_abandoned)
            .collect();
        let length = begun.len().max(1);
        let Some((server, running)) = begun.get_mut(which % length) else {
            return;
        };
        let server = *server;
        running.is_abandoned = true;
        let (number, is_sign_out) = (running.number, running.work == Work::SignOut);
        if is_sign_out {
            self.common.system.excuse_sign_outs();
        }
        self.drop_calls(|call| call.task == number, arrived);
        self.note_losses(server);
    }

    fn drop_calls(&self, is_of: impl Fn(&Call) -> bool, arrives: bool) {
        self.common.system.drop_calls(is_of, arrives, self.now());
    }

    /// A refresh token that the store does not have may have been lost with a server's task.
    fn note_losses(&self, server: usize) {
        let kept = self.common.kept.borrow();
        for (number, life) in self.common.system.lives.borrow_mut().iter_mut().enumerate() {
            let newest = format!(r#""r-{number}-{}""#, life.refresh);
            if !kept.values().any(|(text, _)| text.contains(&newest)) {
                life.lost_below = life.refresh;
                life.is_loose = true;
                life.forget(server);
            }
        }
    }

    /// A server's application signs out: whatever the server may have is over.
    pub fn note_sign_out(&mut self, at: usize) {
        let server = &mut self.servers[at];
        let era = server.host.era.get();
        server.host.era.set(era + 1);
        let number = server.host.number;
        let handed = std::mem::take(&mut server.handed);
        let met = std::mem::take(&mut server.met);
        let kept = self.common.kept.borrow();
        let is_stored = |life: usize| {
            let token = format!(r#""t-{life}-"#);
            kept.values().any(|(text, _)| text.contains(&token))
        };
        let mut lives = self.common.system.lives.borrow_mut();
        let is_near = |life: &Life| life.home.is_none_or(|home| home == number);
        for scope in 0..SCOPES.len() {
            let near = lives
                .iter()
                .filter(|life| life.scope == scope && is_near(life));
            // what the data asks for is looked for in the store, too
            let has_any = scope == 0
                || handed[scope].is_some()
                || near.clone().any(|life| life.is_asked_by(number, era));
            for (at, life) in lives.iter_mut().enumerate() {
                if life.scope != scope || !is_near(life) {
                    continue;
                }
                // what another server asks for need not have come to the store
                let is_found = is_stored(at) || life.is_asked_by(number, era);
                life.is_gone |= is_found && (has_any || met[scope]);
                life.is_loose |= !is_found; // it may be forgotten as soon as it is there
                if has_any && is_found {
                    life.out_at.insert(number);
                }
            }
        }
        drop((kept, lives));
        self.excuse_crossings(at);
    }

    /// A store cannot write only what is still there: what another server was about to write when this one signed
    /// out may be in the store afterwards.
    pub fn excuse_crossings(&self, at: usize) {
        let others = self
            .servers
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at);
        let running = others
            .flat_map(|(_, server)| &server.running)
            .filter(|it| it.has_begun);
        let number = self.servers[at].host.number;
        for scope in running.filter_map(|running| running.work.scope()) {
            let mut lives = self.common.system.lives.borrow_mut();
            let near = lives
                .iter_mut()
                .filter(|life| life.scope == scope && life.home.is_none());
            for life in near.filter(|life| life.out_at.contains(&number)) {
                life.is_excused = true;
            }
        }
    }
}
